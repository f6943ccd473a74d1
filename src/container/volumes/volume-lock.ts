/**
 * The lock of a volume, for who makes it, fills it or removes it: an flock on its directory. Nobody has it while a container
 * runs: that a container has the volume is in the container's record, which is written before the lock is asked for.
 */
import { closeSync, fstatSync, mkdirSync, openSync, statSync } from 'node:fs';
import { makeDirectory } from '../../host/make-directory.ts';
import type { Paths } from '../../host/paths.ts';
import { addon } from '../../native/addon.ts';
import { waitFlock } from '../../native/wait-flock.ts';
import type { VolumeName } from '../request/run-request.ts';
import { volumePath, volumesDirectory } from './volume-store.ts';

/** A volume's directory that nobody else changes until it is disposed of. */
export interface LockedVolume extends Disposable {
  readonly name: VolumeName;
  readonly path: string;
}

/** Makes the directory when it is missing. Waits for others; `signal` ends the wait. */
export async function lockVolume(paths: Paths, name: VolumeName, signal: AbortSignal | null): Promise<LockedVolume> {
  makeDirectory(volumesDirectory(paths), 0o700);
  for (;;) {
    try {
      mkdirSync(volumePath(paths, name), { mode: 0o700 });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const locked = await lockExistingVolume(paths, name, signal);
    // Between the two it can be removed.
    if (locked !== null) return locked;
  }
}

/** null: there is none. */
export async function lockExistingVolume(
  paths: Paths,
  name: VolumeName,
  signal: AbortSignal | null,
): Promise<LockedVolume | null> {
  const path = volumePath(paths, name);
  for (;;) {
    const fd = openIfThere(path);
    if (fd === null) return null;
    try {
      await waitFlock(fd, 'exclusive', signal);
      // Whoever had the lock may have removed it.
      if (isAtPath(fd, path)) return locked(fd, name, path);
    } catch (error) {
      closeSync(fd);
      throw error;
    }
    closeSync(fd);
  }
}

/** null: there is none, or somebody works on it. */
export function tryLockVolume(paths: Paths, name: VolumeName): LockedVolume | null {
  const path = volumePath(paths, name);
  const fd = openIfThere(path);
  if (fd === null) return null;
  if (addon().flock(fd, 'exclusive') && isAtPath(fd, path)) return locked(fd, name, path);
  closeSync(fd);
  return null;
}

const locked = (fd: number, name: VolumeName, path: string): LockedVolume => ({
  name,
  path,
  [Symbol.dispose]: () => closeSync(fd),
});

function openIfThere(path: string): number | null {
  try {
    return openSync(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

function isAtPath(fd: number, path: string): boolean {
  const at = statSync(path, { throwIfNoEntry: false });
  const held = fstatSync(fd);
  return at !== undefined && at.ino === held.ino && at.dev === held.dev;
}
