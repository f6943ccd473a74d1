/** The user namespace that a bundle asks for. */
import { existsSync } from 'node:fs';
import { TsrunError } from '../../errors/tsrun-error.ts';
import { allowsSetGroups } from '../../host/user-namespace.ts';
import type { OciConfig } from '../../oci/config.ts';
import type { OciIdMapping } from '../../oci/id-mapping.ts';
import type { HostFacts, JoinedUserNamespace, UserNamespace } from '../../plan/host-facts.ts';

/** @throws TsrunError HOST_UNSUPPORTED for an ordinary user without a user namespace in the config */
export function userNamespaceOf(config: OciConfig, host: HostFacts): UserNamespace | JoinedUserNamespace {
  const wanted = config.linux?.namespaces?.find(({ type }) => type === 'user');
  if (wanted?.path !== undefined && wanted.path !== '') return { type: 'joined', setGroups: joinedAllows(wanted.path) };
  if (wanted === undefined) {
    if (host.privilege.type === 'root') return { type: 'host' };
    throw new TsrunError('HOST_UNSUPPORTED', 'cannot use config.json: linux.namespaces', {
      why: 'an ordinary user may make the other namespaces only inside a user namespace, and there is none in the list',
      hint: 'tsrun-oci spec --rootless writes a config that has one',
    });
  }
  const map = ({ containerID, hostID, size }: OciIdMapping) => ({ container: containerID, host: hostID, size });
  const uids = (config.linux?.uidMappings ?? []).map(map);
  const gids = (config.linux?.gidMappings ?? []).map(map);
  if (host.privilege.type === 'root') return { type: 'new', uids, gids, writer: 'direct' };
  const one = uids.length === 1 && uids[0]?.size === 1 && gids.length === 1 && gids[0]?.size === 1;
  return { type: 'new', uids, gids, writer: one ? 'single' : 'newidmap' };
}

/** Only a process says whether setgroups(2) is allowed in its namespace; of one kept by a mount it is assumed. */
function joinedAllows(path: string): boolean {
  const pid = Number(/^\/proc\/(\d+)\/ns\/user$/.exec(path)?.[1]);
  return Number.isNaN(pid) || !existsSync(`/proc/${pid}/setgroups`) || allowsSetGroups(pid);
}
