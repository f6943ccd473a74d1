/** What a container that does not run has mounted from the host: its volumes and binds, for native/files/view.h. */
import { existsSync } from 'node:fs';
import type { ContainerRecord } from '../container-record.ts';
import type { MountRequest, RunRequest } from '../request/run-request.ts';

/**
 * `mounts` and five words for each, from the outside in as they are mounted when it runs; none where it has none. What is gone from
 * the host is not there: `start` would make it.
 */
export function mountWords({ mounts }: RunRequest, { userns }: ContainerRecord): readonly string[] {
  const depth = ({ target }: MountRequest): number => target.split('/').length;
  const words = mounts
    .toSorted((one, other) => depth(one) - depth(other))
    .flatMap((mount) => {
      if (mount.type !== 'chosen-volume' && mount.type !== 'bind') return [];
      if (!existsSync(mount.source)) return [];
      const subpath = mount.type === 'bind' ? '' : mount.subpath;
      const inside = mount.type === 'chosen-volume' && mount.ids === 'container' && userns.type === 'new';
      return [mount.source, subpath, mount.target, mount.access === 'rw' ? 'rw' : 'ro', inside ? 'inside' : 'outside'];
    });
  return words.length === 0 ? [] : ['mounts', ...words];
}
