/** The fault of an interface, as the kernel has it now: what fault.ts has set, or somebody else with tc(8). */
import type { Fault } from './fault.ts';
import { attributesOf, dataOf, readU32 } from './netlink/answer.ts';
import { linkByName } from './netlink/bridge.ts';
import { listQdiscs, parseNetem, parseTokenBucket } from './netlink/qdisc.ts';
import { askKernel } from './netlink/send.ts';
import type { Space } from './netlink/space.ts';

const tcaKind = 1;
const tcaOptions = 2;
const iffUp = 1;

/**
 * @param hostName the end of the container's pair on the host
 * @returns `none` of an interface that is not there, too
 */
export function readFault(hostName: string, ground: Space): Fault {
  const [link] = dataOf(askKernel('route', [linkByName(hostName)], ground));
  if (link === undefined) return { type: 'none' };
  // struct ifinfomsg: four bytes, index, flags.
  if ((readU32(link.payload, 8) & iffUp) === 0) return { type: 'cut' };
  const index = readU32(link.payload, 4);
  for (const { payload } of dataOf(askKernel('route', [listQdiscs], ground))) {
    // struct tcmsg has twenty bytes, the second word is the interface.
    if (readU32(payload, 4) !== index) continue;
    const attributes = new Map(attributesOf(payload.subarray(20)));
    const kind = attributes.get(tcaKind)?.toString().replace(/\0.*$/s, '');
    const options = attributes.get(tcaOptions) ?? Buffer.alloc(0);
    if (kind === 'netem') return { type: 'disturbed', netem: parseNetem(options) };
    if (kind === 'tbf') return { type: 'rate', rate: parseTokenBucket(options) };
  }
  return { type: 'none' };
}
