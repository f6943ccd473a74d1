/**
 * `--without`: a part left out, as the option that means the same. Four have none: overlay and pivot-root change the plan
 * (prepare.ts), masks and limits the config (build-config.ts, resources.ts).
 */
import { TsrunError } from '../../errors/tsrun-error.ts';
import type { RunRequest } from '../request/run-request.ts';

/**
 * The same request with what was left out turned into options. Applying it again changes nothing.
 *
 * @throws TsrunError USAGE for the mount namespace, which cannot be left out.
 */
export function withoutPrimitives(request: RunRequest): RunRequest {
  const { without } = request;
  if (without.length === 0) return request;
  const has = (primitive: RunRequest['without'][number]): boolean => without.includes(primitive);
  if (has('mount')) {
    throw new TsrunError('USAGE', 'cannot leave the mount namespace out', {
      why: "every mount of the container would be made on the host, and pivot_root would move the host's own processes",
      hint: 'leave pivot-root or overlay out to see what they are for',
    });
  }
  return {
    ...request,
    ...(has('pid') ? { pid: 'host' } : {}),
    ...(has('ipc') ? { ipc: 'host' } : {}),
    ...(has('uts') ? { uts: 'host' } : {}),
    ...(has('network') ? { network: 'host', publish: [], publishAll: false } : {}),
    ...(has('cgroup') ? { cgroupns: 'host' } : {}),
    ...(has('user') ? { userns: 'host' } : {}),
    ...(has('time') ? { time: null } : {}),
    ...(has('seccomp') ? { seccomp: { type: 'unconfined' } } : {}),
    ...(has('caps') ? { capAdd: ['ALL'], capDrop: [] } : {}),
    ...(has('no-new-privileges') ? { noNewPrivileges: false } : {}),
  };
}
