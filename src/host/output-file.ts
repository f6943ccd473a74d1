/** A file that a command writes: there when all of it is. */
import { randomBytes } from 'node:crypto';
import { closeSync, openSync, renameSync, statSync, unlinkSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { TsrunError } from '../errors/tsrun-error.ts';

/**
 * Gives `write` a descriptor to write to. What is cut short leaves nothing; a device or a pipe is written to as it is.
 *
 * @throws TsrunError COPY_FAILED when there can be no such file
 */
export async function writeOutputFile<T>(file: string, write: (fd: number) => Promise<T>): Promise<T> {
  const there = statSync(file, { throwIfNoEntry: false });
  if (there !== undefined && !there.isFile()) return await throughFile(file, 'w', file, write);
  const aside = join(dirname(file), `.${basename(file)}.${randomBytes(6).toString('hex')}`);
  return await throughFile(aside, 'wx', file, async (fd) => {
    try {
      const result = await write(fd);
      renameSync(aside, file);
      return result;
    } catch (error) {
      unlinkSync(aside);
      throw error;
    }
  });
}

async function throughFile<T>(
  path: string,
  flags: 'w' | 'wx',
  shown: string,
  write: (fd: number) => Promise<T>,
): Promise<T> {
  let fd: number;
  try {
    // As docker's: what it holds is nobody else's.
    fd = openSync(path, flags, 0o600);
  } catch (error) {
    throw new TsrunError('COPY_FAILED', `cannot write "${shown}"`, {
      why: (error as NodeJS.ErrnoException).code ?? String(error),
      hint: 'give another file with -o',
      cause: error,
    });
  }
  try {
    return await write(fd);
  } finally {
    closeSync(fd);
  }
}
