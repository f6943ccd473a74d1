/**
 * The lock on the networks of a state directory. Shared: for who connects a container. Exclusive: for who takes away a bridge or
 * the table of rules, because nobody is connected any more.
 */
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { makeDirectory } from '../host/make-directory.ts';
import type { Paths } from '../host/paths.ts';
import { waitFlock } from '../native/wait-flock.ts';

export const leasesRoot = (paths: Paths): string => join(paths.state, 'networks');

export async function lockNetworks(paths: Paths, how: 'shared' | 'exclusive'): Promise<Disposable> {
  const directory = leasesRoot(paths);
  makeDirectory(directory, 0o700);
  const fd = openSync(directory, 'r');
  try {
    await waitFlock(fd, how, null);
  } catch (error) {
    closeSync(fd);
    throw error;
  }
  return { [Symbol.dispose]: () => closeSync(fd) };
}
