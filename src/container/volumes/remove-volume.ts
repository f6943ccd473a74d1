/** Removes volumes. The record goes first: whoever finds the rest after a kill -9 knows that it is no volume any more. */
import { readdirSync, rmdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { TsrunError } from '../../errors/tsrun-error.ts';
import type { Paths } from '../../host/paths.ts';
import { removeTree } from '../../image/layer/remove-tree.ts';
import { volumeOwners } from './owner-ids.ts';
import { volumeEvent } from './volume-events.ts';
import { type LockedVolume, lockExistingVolume, tryLockVolume } from './volume-lock.ts';
import {
  copyName,
  dataName,
  listVolumeNames,
  readVolume,
  recordName,
  unfinishedCopyName,
  type Volume,
} from './volume-store.ts';
import { containersWith } from './volume-uses.ts';

/**
 * @throws TsrunError VOLUME_IN_USE as long as any container has it, whether it runs or not
 */
export async function removeVolume(paths: Paths, { name }: Volume): Promise<void> {
  using locked = await lockExistingVolume(paths, name, null);
  if (locked === null) return;
  const users = containersWith(paths, name);
  if (users.length > 0) {
    throw new TsrunError('VOLUME_IN_USE', `cannot remove volume "${name}"`, {
      why: `volume is in use - [${users.join(', ')}]`,
      hint: `remove the container first: tsrun rm ${users.map((id) => id.slice(0, 12)).join(' ')}`,
    });
  }
  await removeLocked(paths, locked);
}

/** Whoever calls knows that nobody has it. */
export async function removeLocked(paths: Paths, { name, path }: LockedVolume): Promise<void> {
  const wasWhole = readVolume(paths, name) !== null;
  rmSync(join(path, recordName), { force: true });
  await removeFiles(path);
  rmdirSync(path);
  if (wasWhole) volumeEvent(paths, name, 'destroy');
}

/** Everything in a volume's directory. */
export async function removeFiles(path: string): Promise<void> {
  for (const name of readdirSync(path)) {
    if ([dataName, copyName, unfinishedCopyName].includes(name)) await removeFilesOf(join(path, name));
    else rmSync(join(path, name), { force: true });
  }
}

async function removeFilesOf(directory: string): Promise<void> {
  try {
    rmdirSync(directory);
  } catch {
    await removeTree(directory, volumeOwners());
  }
}

/** What killed makers and removers left. Those at work are left alone. */
export async function sweepVolumes(paths: Paths): Promise<void> {
  for (const name of listVolumeNames(paths)) {
    if (readVolume(paths, name) !== null) continue;
    using locked = tryLockVolume(paths, name);
    if (locked !== null && readVolume(paths, name) === null) await removeLocked(paths, locked);
  }
}
