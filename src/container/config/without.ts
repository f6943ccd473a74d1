/** `--without`: the primitives that change what config.json says. The others (overlay, pivot-root, mount) are the plan's. */
import type { RunRequest } from '../request/run-request.ts';

/** The same request with what was left out turned into the option that means the same. */
export function withoutPrimitives(request: RunRequest): RunRequest {
  const { without } = request;
  if (without.length === 0) return request;
  const has = (primitive: RunRequest['without'][number]): boolean => without.includes(primitive);
  return {
    ...request,
    ...(has('pid') ? { pid: 'host' } : {}),
    ...(has('ipc') ? { ipc: 'host' } : {}),
    ...(has('uts') ? { uts: 'host' } : {}),
    ...(has('network') ? { network: 'host' } : {}),
    ...(has('cgroup') ? { cgroupns: 'host' } : {}),
    ...(has('time') ? { time: null } : {}),
    ...(has('seccomp') ? { seccomp: { type: 'unconfined' } } : {}),
    ...(has('caps') ? { capAdd: ['ALL'], capDrop: [] } : {}),
    ...(has('no-new-privileges') ? { noNewPrivileges: false } : {}),
  };
}
