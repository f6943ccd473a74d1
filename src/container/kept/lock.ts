/** The lock of a kept container, for who starts, renames or removes it. While it runs its monitor has it. */
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { TsrunError } from '../../errors/tsrun-error.ts';
import type { Paths } from '../../host/paths.ts';
import { addon } from '../../native/addon.ts';
import { lockFile } from '../container-directory.ts';
import { type KeptContainer, readKept } from './kept-container.ts';

/** Milliseconds between two looks at a container that another command works on. */
const turn = 20;

/** A container that nobody else changes until the descriptor is closed. */
export interface LockedContainer {
  readonly container: KeptContainer;
  readonly lock: number;
}

/**
 * Waits for other commands that work on the container, and looks at it once more.
 *
 * @returns null: it runs
 * @throws TsrunError CONTAINER_NOT_FOUND when it has gone meanwhile
 */
export async function lockKept(paths: Paths, { path, id, name }: KeptContainer): Promise<LockedContainer | null> {
  for (;;) {
    const lock = open(path, name);
    if (!addon().flock(lock, 'exclusive')) {
      const now = readKept(paths, id);
      if (now?.state.status === 'running' || now?.state.status === 'paused') {
        closeSync(lock);
        return null;
      }
      // Not flock's own waiting: if the other command starts it, the lock stays taken for as long as it runs.
      closeSync(lock);
      await setTimeout(turn);
      continue;
    }
    const container = readKept(paths, id);
    if (container === null) {
      closeSync(lock);
      throw gone(name);
    }
    return { container, lock };
  }
}

function open(path: string, name: string): number {
  try {
    return openSync(join(path, lockFile), 'r+');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw gone(name);
    throw error;
  }
}

const gone = (name: string): TsrunError =>
  new TsrunError('CONTAINER_NOT_FOUND', `no such container: ${name}`, { why: 'it was removed a moment ago' });
