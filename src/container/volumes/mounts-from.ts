/** `--volumes-from`: the volumes and binds of other containers, at the same places. */
import { TsrunError } from '../../errors/tsrun-error.ts';
import type { Paths } from '../../host/paths.ts';
import { findKept } from '../kept/find-kept.ts';
import type { KeptContainer } from '../kept/kept-container.ts';
import type { MountRequest, VolumesFrom } from '../request/run-request.ts';

/**
 * Of several containers that mount something at the same place the last one counts.
 *
 * @throws TsrunError USAGE for a container that does not exist
 */
export function mountsFrom(paths: Paths, containers: readonly VolumesFrom[]): readonly MountRequest[] {
  const mounts = new Map<string, MountRequest>();
  for (const { container, access } of containers) {
    for (const mount of findIts(paths, container).kept.request.mounts) {
      if (mount.type !== 'chosen-volume' && mount.type !== 'bind') continue;
      mounts.set(mount.target, access === 'rw' ? mount : readOnly(mount));
    }
  }
  return [...mounts.values()];
}

const readOnly = (mount: Extract<MountRequest, { type: 'chosen-volume' | 'bind' }>): MountRequest =>
  mount.type === 'bind'
    ? { ...mount, access: mount.access === 'rw' ? 'rro' : mount.access }
    : { ...mount, access: 'ro' };

function findIts(paths: Paths, container: string): KeptContainer {
  try {
    return findKept(paths, container);
  } catch (error) {
    if (!(error instanceof TsrunError)) throw error;
    // About the new container, whose command line is wrong.
    throw new TsrunError('USAGE', `cannot mount the volumes of "${container}"`, {
      why: error.message,
      hint: error.hint ?? 'tsrun ps -a lists the containers',
      cause: error,
    });
  }
}
