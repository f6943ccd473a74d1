/** `linux.sysctl`: what was asked for, checked, over what docker sets. */
import { TsrunError } from '../../errors/tsrun-error.ts';
import { sysctlNamespace, sysctlPath } from '../../oci/sysctls.ts';
import type { UserNamespace } from '../../plan/host-facts.ts';
import type { IdMap } from '../../plan/plan.ts';
import { hasOwnNetwork, type RunRequest } from '../request/run-request.ts';
import type { Machine } from './input.ts';

/**
 * Parameters of the container's own namespaces.
 *
 * @throws TsrunError USAGE for one that would change the host.
 */
export function containerSysctls(
  request: RunRequest,
  userns: UserNamespace,
  machine: Pick<Machine, 'groups'>,
): Readonly<Record<string, string>> {
  for (const name of Object.keys(request.sysctls)) check(name, request);
  const groups = userns.type === 'host' ? machine.groups : userns.gids;
  return { ...(!hasOwnNetwork(request.network) ? {} : networkDefaults(groups)), ...request.sysctls };
}

/** A network namespace of one's own needs no protection of low ports, and ping works without CAP_NET_RAW. */
function networkDefaults(groups: readonly IdMap[]): Readonly<Record<string, string>> {
  const last = lastGroup(groups);
  return {
    'net.ipv4.ip_unprivileged_port_start': '0',
    ...(last === null ? {} : { 'net.ipv4.ping_group_range': `0 ${Math.min(last, 2 ** 31 - 1)}` }),
  };
}

/**
 * Where the range of all groups ends: both ends have to be mapped, and the second one to be the higher one outside too, or the kernel
 * takes it for an empty range (ipv4_ping_group_range in net/ipv4/sysctl_net_ipv4.c). null: group 0 is not mapped.
 */
function lastGroup(groups: readonly IdMap[]): number | null {
  const first = groups.find(({ container }) => container === 0);
  if (first === undefined) return null;
  const ends = groups.filter(({ host }) => host >= first.host).map(({ container, size }) => container + size - 1);
  return Math.max(...ends);
}

function check(name: string, request: RunRequest): void {
  const namespace = sysctlNamespace(name);
  if (sysctlPath(name) === null || namespace === null) {
    throw new TsrunError('USAGE', `cannot set the sysctl "${name}" for a container`, {
      why: 'it is not part of a namespace: setting it would change the host',
      hint: 'these can be set: net.*, fs.mqueue.*, kernel.shm*, kernel.msg*, kernel.sem, kernel.domainname',
    });
  }
  if (name === 'kernel.hostname' || name === 'kernel.domainname') {
    const flag = name === 'kernel.hostname' ? '--hostname' : '--domainname';
    throw new TsrunError('USAGE', `the sysctl "${name}" has a flag of its own`, { hint: `use ${flag}` });
  }
  const shared = namespace === 'network' ? !hasOwnNetwork(request.network) : request.ipc === 'host';
  if (!shared) return;
  throw new TsrunError('USAGE', `cannot set the sysctl "${name}" for this container`, {
    why: `it shares the host's ${namespace} namespace: setting it would change the host`,
    hint: namespace === 'network' ? 'leave out --network host' : 'leave out --ipc host',
  });
}
