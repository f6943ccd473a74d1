/**
 * Locks of the store: flock(2) on an item's own file. The kernel frees them when the last descriptor closes, so a process
 * that is killed holds none.
 */
import { closeSync, constants, fstatSync, openSync, statSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { addon } from '../../native/addon.ts';
import { throwIfAborted } from '../aborted.ts';
import { isSystemError, storeError } from './store-error.ts';

export type LockMode = 'shared' | 'exclusive';

const { O_CREAT, O_RDWR } = constants;

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
  askAgain(() => tryLock(path, how), signal);

/** Waits for a lock on a file that must exist; it may be removed meanwhile. */
export const waitLockExisting = (path: string, how: LockMode, signal: AbortSignal): Promise<number | 'missing'> =>
  askAgain(() => tryLockExisting(path, how), signal);

/**
 * Asks again and again instead of a blocking flock: a thread that hangs in one cannot be called back by an AbortSignal, and
 * four of them would stop every file operation of the process.
 */
async function askAgain<T>(ask: () => T | null, signal: AbortSignal): Promise<T> {
  for (let pause = 1; ; pause = Math.min(pause * 2, 20)) {
    throwIfAborted(signal);
    const answer = ask();
    if (answer !== null) return answer;
    await delay(pause, undefined, { signal }).catch(() => throwIfAborted(signal));
  }
}

/** Turns an exclusive lock into a shared one. Not atomic, flock(2): look again at what it protects. */
export const downgradeLock = (fd: number): boolean => addon().flock(fd, 'shared');

/** Gives a lock back. */
export const unlock = (fd: number): void => closeSync(fd);
