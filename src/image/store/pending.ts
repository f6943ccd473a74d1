/**
 * Marks of processes that are changing the store. An empty directory tells every later command that nothing was left half
 * done; a mark whose lock is free belonged to a process that was killed.
 */
import { randomBytes } from 'node:crypto';
import { readdirSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { TsrunError } from '../../errors/tsrun-error.ts';
import type { StoreLayout } from './layout.ts';
import { tryLock, tryLockExisting, unlock } from './lock.ts';
import { isSystemError, storeError } from './store-error.ts';

export interface PendingMark {
  /** Takes the mark away: the store is consistent again. */
  done(): void;
}

export interface DeadMark {
  readonly name: string;
  /** Takes the mark away, when all was cleared that its process left. */
  readonly forget: () => void;
}

/** Leaves a mark that outlives a kill. */
export function markPending(layout: StoreLayout): PendingMark {
  const path = join(layout.pending, randomBytes(8).toString('hex'));
  const fd = mark(layout, path);
  if (fd === null) throw new Error(`a fresh mark is locked: ${path}`);
  return {
    done() {
      unlinkIfThere(path);
      unlock(fd);
    },
  };
}

/** What comes first of every change: where nothing can be changed, it says so. */
function mark(layout: StoreLayout, path: string): number | null {
  try {
    return tryLock(path, 'exclusive');
  } catch (error) {
    throw error instanceof TsrunError ? storeError(`cannot change the store "${layout.root}"`, error.cause) : error;
  }
}

/** Whether any process left a mark, dead or alive. */
export const hasMarks = (layout: StoreLayout): boolean => markNames(layout).length > 0;

function markNames(layout: StoreLayout): readonly string[] {
  try {
    return readdirSync(layout.pending);
  } catch (error) {
    if (isSystemError(error) && error.code === 'ENOENT') return [];
    throw storeError(`cannot read the store "${layout.root}"`, error);
  }
}

/** The marks of processes that are no more. Their locks are held by us until `forget`. */
export function deadMarks(layout: StoreLayout): readonly DeadMark[] {
  return markNames(layout).flatMap((name) => {
    const path = join(layout.pending, name);
    const fd = tryLockExisting(path, 'exclusive');
    if (fd === null || fd === 'missing') return [];
    const forget = (): void => {
      unlinkIfThere(path);
      unlock(fd);
    };
    return [{ name, forget }];
  });
}

/** Whether there are marks beside these: processes that are changing the store now. */
export const hasOtherMarks = (layout: StoreLayout, marks: readonly DeadMark[]): boolean =>
  markNames(layout).some((name) => marks.every((mark) => mark.name !== name));

/** unlink(2) of a file that somebody else may have removed. */
export function unlinkIfThere(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if (!isSystemError(error) || error.code !== 'ENOENT') throw error;
  }
}
