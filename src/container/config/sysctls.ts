/** `linux.sysctl`: what was asked for, checked, over what docker sets. */
import { TsrunError } from '../../errors/tsrun-error.ts';
import { sysctlNamespace, sysctlPath } from '../../oci/sysctls.ts';
import type { UserNamespace } from '../../plan/host-facts.ts';
import type { RunRequest } from '../request/run-request.ts';

/**
 * Parameters of the container's own namespaces.
 *
 * @throws TsrunError USAGE for one that would change the host.
 */
export function containerSysctls(request: RunRequest, userns: UserNamespace): Readonly<Record<string, string>> {
  for (const name of Object.keys(request.sysctls)) check(name, request);
  return { ...(request.network === 'host' ? {} : networkDefaults(userns)), ...request.sysctls };
}

/** A network namespace of one's own needs no protection of low ports, and ping works without CAP_NET_RAW. */
function networkDefaults(userns: UserNamespace): Readonly<Record<string, string>> {
  // Both ends of the range have to be mapped, so it ends where the first stretch of ids does.
  const mapped = userns.type === 'host' ? 2 ** 31 : (userns.gids.find(({ container }) => container === 0)?.size ?? 0);
  return {
    'net.ipv4.ip_unprivileged_port_start': '0',
    ...(mapped === 0 ? {} : { 'net.ipv4.ping_group_range': `0 ${Math.min(mapped, 2 ** 31) - 1}` }),
  };
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
  const shared = namespace === 'network' ? request.network === 'host' : request.ipc === 'host';
  if (!shared) return;
  throw new TsrunError('USAGE', `cannot set the sysctl "${name}" for this container`, {
    why: `it shares the host's ${namespace} namespace: setting it would change the host`,
    hint: namespace === 'network' ? 'leave out --network host' : 'leave out --ipc host',
  });
}
