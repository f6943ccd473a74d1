/**
 * Faults of a network, for tests: what comes to a container by one of its interfaces is late, lost, slow or cut off. They are at the host's
 * end of the pair, where the container neither sees nor changes them, and go with it.
 */
import { TsrunError } from '../errors/tsrun-error.ts';
import type { Endpoint } from './endpoint.ts';
import { indexOf, must } from './kernel-network.ts';
import { deleteQdisc, type Netem, newNetem, newTokenBucket } from './netlink/qdisc.ts';
import { tryNetlink } from './netlink/send.ts';
import type { Space } from './netlink/space.ts';
import { linkDown, linkUp } from './netlink/veth.ts';

export type Fault =
  | { readonly type: 'none' }
  | { readonly type: 'cut' }
  /** Bytes per second. */
  | { readonly type: 'rate'; readonly rate: number }
  | { readonly type: 'disturbed'; readonly netem: Netem };

const errno = { ENOENT: 2, EINVAL: 22 } as const;

/**
 * In place of whatever fault was there before.
 *
 * @param ground where the bridge is
 * @throws TsrunError HOST_UNSUPPORTED when the kernel cannot; then there is no fault. CONTAINER_STATE
 */
export function setFault({ hostName }: Endpoint, fault: Fault, ground: Space): void {
  const index = indexOf(hostName, ground);
  if (index === 0) {
    // With the container; or the anchor with all of them.
    if (fault.type === 'none') return;
    throw new TsrunError('CONTAINER_STATE', `cannot disturb the interface "${hostName}"`, {
      why: 'it has gone: its container has ended',
      hint: 'tsrun ps shows which run',
    });
  }
  const removed = tryNetlink('route', [deleteQdisc(index)], ground);
  if (removed !== null && removed.errno !== errno.ENOENT && removed.errno !== errno.EINVAL) {
    must(removed, `cannot take the fault off the interface "${hostName}"`, null);
  }
  const link = fault.type === 'cut' ? linkDown(index) : linkUp(index);
  must(tryNetlink('route', [link], ground), `cannot ${fault.type === 'cut' ? 'cut' : 'connect'} "${hostName}"`, null);
  switch (fault.type) {
    case 'none':
    case 'cut':
      return;
    case 'rate':
      refusing('sch_tbf', '--rate', tryNetlink('route', [newTokenBucket(index, fault.rate)], ground), hostName);
      return;
    case 'disturbed':
      refusing(
        'sch_netem',
        '--latency, --jitter and --loss',
        tryNetlink('route', [newNetem(index, fault.netem)], ground),
        hostName,
      );
  }
}

function refusing(module: string, flags: string, failure: ReturnType<typeof tryNetlink>, hostName: string): void {
  if (failure?.errno === errno.ENOENT) {
    throw new TsrunError('HOST_UNSUPPORTED', `cannot disturb the interface "${hostName}"`, {
      why: `${flags} take the queueing discipline ${module} of the kernel, which is not there`,
      hint: `sudo modprobe ${module}; a kernel that has none can still --cut`,
    });
  }
  must(failure, `cannot disturb the interface "${hostName}"`, null);
}
