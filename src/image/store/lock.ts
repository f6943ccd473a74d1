/**
 * Locks of the store: flock(2) on an item's own file. The kernel frees them when the last descriptor closes, so a process
 * that is killed holds none.
 */
import { closeSync, constants, fstatSync, openSync, statSync } from 'node:fs';
import { addon } from '../../native/addon.ts';
import { askAgain } from '../../native/wait-flock.ts';
import { throwIfAborted } from '../aborted.ts';
import { isSystemError, storeError } from './store-error.ts';

export type LockMode = 'shared' | 'exclusive';

const { O_CREAT, O_RDONLY, O_RDWR } = constants;

/** Whether the descriptor is still the file at this path: a lock file may be removed between its opening and its lock. */
function isAtPath(fd: number, path: string): boolean {
  const at = statSync(path, { throwIfNoEntry: false });
  const held = fstatSync(fd);
  return at !== undefined && at.ino === held.ino && at.dev === held.dev;
}

/** A missing file is the caller's business; a disk that is full or read-only is the person's. */
function openLockFile(path: string, flags: number): number {
  try {
    return openSync(path, flags, 0o600);
  } catch (error) {
    // What lies on a read-only disk can still be read: flock(2) asks for no right to write, but NFS does, so not always so.
    if (isSystemError(error) && error.code === 'EROFS' && flags === O_RDWR) return openSync(path, O_RDONLY);
    throw isSystemError(error) && error.code === 'ENOENT' ? error : storeError(`cannot lock "${path}"`, error);
  }
}

function tryLockOpened(path: string, how: LockMode, flags: number): number | null {
  for (;;) {
    const fd = openLockFile(path, flags);
    try {
      if (!addon().flock(fd, how)) {
        closeSync(fd);
        return null;
      }
      if (isAtPath(fd, path)) return fd;
    } catch (error) {
      closeSync(fd);
      throw error;
    }
    closeSync(fd);
  }
}

/**
 * Takes a lock, making its file when missing. Returns the descriptor that holds it, or null when somebody else does.
 */
export const tryLock = (path: string, how: LockMode): number | null => tryLockOpened(path, how, O_RDWR | O_CREAT);

/** As {@link tryLock}, for a file that must exist already: `'missing'` when it does not. */
export function tryLockExisting(path: string, how: LockMode): number | null | 'missing' {
  try {
    return tryLockOpened(path, how, O_RDWR);
  } catch (error) {
    if (isSystemError(error) && error.code === 'ENOENT') return 'missing';
    throw error;
  }
}

/** Waits for a lock, making its file when missing. */
export const waitLock = (path: string, how: LockMode, signal: AbortSignal): Promise<number> =>
  waited(() => tryLock(path, how), signal);

/** Waits for a lock on a file that must exist; it may be removed meanwhile. */
export const waitLockExisting = (path: string, how: LockMode, signal: AbortSignal): Promise<number | 'missing'> =>
  waited(() => tryLockExisting(path, how), signal);

async function waited<T>(ask: () => T | null, signal: AbortSignal): Promise<T> {
  return await askAgain(ask, signal).catch((error: unknown) => {
    throwIfAborted(signal);
    throw error;
  });
}

/** Turns an exclusive lock into a shared one. Not atomic, flock(2): look again at what it protects. */
export const downgradeLock = (fd: number): boolean => addon().flock(fd, 'shared');

/** Gives a lock back. */
export const unlock = (fd: number): void => closeSync(fd);
