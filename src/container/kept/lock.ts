/** The lock of a kept container, for who starts, renames or removes it. While it runs its monitor has it. */
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { TsrunError } from '../../errors/tsrun-error.ts';
import type { Paths } from '../../host/paths.ts';
import { addon } from '../../native/addon.ts';
import { askAgain } from '../../native/wait-flock.ts';
import { lockFile } from '../container-directory.ts';
import { type KeptContainer, readKept } from './kept-container.ts';

/** A container that nobody else changes until the descriptor is closed. */
export interface LockedContainer {
  readonly container: KeptContainer;
  readonly lock: number;
}

/**
 * Waits for other commands that work on the container, and looks at it once more.
 *
 * @param who `policy`: the command that its monitor became to start it again
 * @returns null: it runs, or is about to
 * @throws TsrunError CONTAINER_NOT_FOUND when it has gone meanwhile
 */
export async function lockKept(
  paths: Paths,
  found: KeptContainer,
  who: 'person' | 'policy' = 'person',
): Promise<LockedContainer | null> {
  // Not until the lock is free: if the other command starts it, that is for as long as it runs.
  const answer = await askAgain(() => lockNow(paths, found, who), null);
  return answer === 'runs' ? null : answer;
}

/** null: somebody works on it. */
function lockNow(
  paths: Paths,
  { path, id, name }: KeptContainer,
  who: 'person' | 'policy',
): LockedContainer | 'runs' | null {
  const lock = open(path, name);
  const isMine = addon().flock(lock, 'exclusive');
  const container = readKept(paths, id);
  if (isMine && container !== null) return { container, lock };
  closeSync(lock);
  if (isMine) throw gone(name);
  const status = container?.state.status;
  // Who starts it again by its policy is who makes it a restarting one.
  return status === 'running' || status === 'paused' || (status === 'restarting' && who === 'person') ? 'runs' : null;
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
