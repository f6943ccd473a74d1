/** mkdir -p that ends: Node 20's own never returns below /proc, where making a directory says that its parent is missing. */
import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Makes a directory and its missing parents; one that exists stays as it is.
 *
 * @param mode of the directories that are made, less the umask
 * @throws the system error of the directory that cannot be made
 */
export function makeDirectory(path: string, mode = 0o777): void {
  try {
    mkdirSync(path, { mode });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' && statSync(path).isDirectory()) return;
    const parent = dirname(path);
    if (code !== 'ENOENT' || parent === path || isDirectory(parent)) throw error;
    makeDirectory(parent, mode);
    makeDirectory(path, mode);
  }
}

const isDirectory = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
