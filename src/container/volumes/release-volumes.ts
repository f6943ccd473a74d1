/** What becomes of a container's volumes when the container is removed. */
import { join } from 'node:path';
import type { Paths } from '../../host/paths.ts';
import { containersDirectory, writeRecord } from '../container-directory.ts';
import type { ContainerRecord } from '../container-record.ts';
import { removeLocked } from './remove-volume.ts';
import { lockExistingVolume } from './volume-lock.ts';
import { containersWith } from './volume-uses.ts';

/**
 * Removes the anonymous volumes that no other container has (`--volumes-from`). The last one to go removes them: whoever is not
 * says, under the volume's lock, that it has the volume no longer. Named ones stay.
 */
export async function removeAnonymousVolumes(paths: Paths, record: ContainerRecord): Promise<void> {
  let left = record;
  for (const { name, kind } of record.volumes) {
    if (kind === 'named') continue;
    using locked = await lockExistingVolume(paths, name, null);
    if (locked === null) continue;
    const others = containersWith(paths, name).filter((id) => id !== record.id);
    if (others.length === 0) {
      await removeLocked(paths, locked);
      continue;
    }
    left = { ...left, volumes: left.volumes.filter((volume) => volume.name !== name) };
    writeRecord(join(containersDirectory(paths), record.id), left);
  }
}
