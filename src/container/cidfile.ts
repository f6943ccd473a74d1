/** `--cidfile`: the container's id in a file that must not exist yet, as in docker. */
import { closeSync, openSync, rmSync, statSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { errnoText } from '../errors/errno-text.ts';
import { TsrunError } from '../errors/tsrun-error.ts';
import type { ContainerId } from './request/run-request.ts';

/** Claimed at first; then written, or given up. */
interface Cidfile {
  write(id: ContainerId): void;
  /** The container did not start: takes the file away again. */
  giveUp(): void;
}

function reasonOf(path: string, cause: unknown): { readonly why: string; readonly hint: string } {
  const { errno = 0, code = '' } = cause as NodeJS.ErrnoException;
  if (code === 'EEXIST') {
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true)
      return { why: 'it is a directory', hint: `name a file, for example ${join(path, 'id')}` };
    return { why: 'the file exists already', hint: 'remove it when its container is gone, or name another file' };
  }
  if (code === 'ENOENT') return { why: `there is no directory "${dirname(path)}"`, hint: `mkdir -p ${dirname(path)}` };
  return { why: errnoText(-errno), hint: 'name a file in a directory that you may write to' };
}

/**
 * Makes the file at once, so that a second command with the same name is refused before it starts anything.
 * @param path absolute
 * @throws TsrunError USAGE when it exists or cannot be made
 */
function claimCidfile(path: string): Cidfile {
  let fd: number | null;
  try {
    fd = openSync(path, 'wx', 0o644);
  } catch (cause) {
    throw new TsrunError('USAGE', `cannot write the container id to "${path}"`, { ...reasonOf(path, cause), cause });
  }
  const close = (): void => {
    if (fd !== null) closeSync(fd);
    fd = null;
  };
  return {
    write: (id) => {
      if (fd !== null) writeSync(fd, id);
      close();
    },
    giveUp: () => {
      close();
      // Removed by somebody in the meantime is as good.
      rmSync(path, { force: true });
    },
  };
}

/**
 * Runs `work` with the file claimed; it goes again when there is no container in the end.
 *
 * @param path null: none was asked for
 */
export async function withCidfile<T>(
  path: string | null,
  work: (write: (id: ContainerId) => void) => Promise<T>,
): Promise<T> {
  const cidfile = path === null ? null : claimCidfile(path);
  try {
    return await work((id) => cidfile?.write(id));
  } catch (error) {
    cidfile?.giveUp();
    throw error;
  }
}
