/** The namespaces of the request. */
import type { OciNamespace } from '../../oci/linux.ts';
import type { UserNamespace } from '../../plan/host-facts.ts';
import type { RunRequest } from '../request/run-request.ts';

/** Those that are new or somebody else's; what is missing is shared with the launcher. */
export function namespacesOf(request: RunRequest, userns: UserNamespace): readonly OciNamespace[] {
  const wanted: readonly (readonly [OciNamespace['type'], boolean])[] = [
    ['user', userns.type === 'new'],
    ['mount', !request.without.includes('mount')],
    ['pid', request.pid !== 'host'],
    ['network', request.network !== 'host'],
    ['ipc', request.ipc !== 'host'],
    ['uts', request.uts === 'private'],
    ['cgroup', request.cgroupns === 'private'],
    ['time', request.time !== null],
  ];
  return wanted
    .filter(([, isWanted]) => isWanted)
    .map(([type]) => {
      if (type === 'ipc' && typeof request.ipc === 'object' && request.ipc.type === 'process') {
        return { type, path: `/proc/${request.ipc.pid}/ns/ipc` };
      }
      if (type === 'network' && typeof request.network === 'object' && request.network.type === 'cni') {
        return { type, path: request.network.space ?? '' };
      }
      const asked = type === 'network' || type === 'pid' ? request[type] : null;
      return typeof asked === 'object' && asked?.type === 'path' ? { type, path: asked.path } : { type };
    });
}
