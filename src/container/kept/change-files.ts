/**
 * Changes the small files of a kept container, one command at a time, also while it runs: then its lock is its monitor's. What
 * commands hold instead is a lock on its directory, for as long as such a change takes. Who removes the container holds both.
 */
import { closeSync, openSync } from 'node:fs';
import { TsrunError } from '../../errors/tsrun-error.ts';
import { waitFlock } from '../../native/wait-flock.ts';

/**
 * @param path of its directory
 * @throws TsrunError CONTAINER_NOT_FOUND when it has gone; what `work` throws
 */
export async function changeFiles<Result>(
  { path, name }: { readonly path: string; readonly name: string },
  work: () => Promise<Result> | Result,
): Promise<Result> {
  const lock = openDirectory(path, name);
  try {
    await waitFlock(lock, 'exclusive', null);
    return await work();
  } finally {
    closeSync(lock);
  }
}

function openDirectory(path: string, name: string): number {
  try {
    return openSync(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw new TsrunError('CONTAINER_NOT_FOUND', `no such container: ${name}`, { why: 'it was removed a moment ago' });
  }
}
