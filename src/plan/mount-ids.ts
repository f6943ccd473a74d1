/** `idmap` and `ridmap` of a mount: whose ids its files get (runtime-spec config.md#mounts, uidMappings). */
import { TsrunError } from '../errors/tsrun-error.ts';
import type { OciIdMapping, OciMount } from '../oci/config.ts';
import type { ParsedMountOptions } from '../oci/mount-options.ts';
import type { PlanInput } from './build-plan.ts';
import type { IdMap, MountIdMap, MountUsers } from './plan.ts';

/**
 * Null: the files keep their owners.
 *
 * @throws TsrunError HOST_UNSUPPORTED for an ordinary user
 */
export function mountIdMap(
  input: PlanInput,
  index: number,
  mount: OciMount,
  options: ParsedMountOptions,
): MountIdMap | null {
  const { uidMappings = [], gidMappings = [] } = mount;
  if (options.idmap === null && uidMappings.length === 0) return null;
  if (input.host.privilege.type === 'rootless') {
    throw new TsrunError(
      'HOST_UNSUPPORTED',
      `cannot use mounts[${index}].${options.idmap === null ? 'uidMappings' : 'options "idmap"'}`,
      {
        why: 'the kernel lets only root map the ids of a filesystem that the machine has mounted',
        hint: `run as root, or leave the mapping of "${mount.destination}" out`,
      },
    );
  }
  const users: MountUsers =
    uidMappings.length > 0
      ? { type: 'map', uids: uidMappings.map(line), gids: gidMappings.map(line) }
      : containerUsers(input);
  return { reach: options.idmap ?? 'this', users };
}

const line = ({ containerID, hostID, size }: OciIdMapping): IdMap => ({
  container: containerID,
  host: hostID,
  size,
});

/** `idmap` alone: a file of id 0 is root's inside. */
function containerUsers({ config, userns }: PlanInput): MountUsers {
  if (userns.type === 'new') return { type: 'map', uids: userns.uids, gids: userns.gids };
  const path = config.linux?.namespaces?.find(({ type }) => type === 'user')?.path ?? '';
  // The parser refuses a config that has neither.
  return { type: 'namespace', path };
}
