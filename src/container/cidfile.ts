/** `--cidfile`: the container's id in a file that must not exist yet, as in docker. */
import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { TsrunError } from '../errors/tsrun-error.ts';
import type { ContainerId } from './request/run-request.ts';

/** Claimed at first; then written, or given up. */
export interface Cidfile {
  write(id: ContainerId): void;
  /** The container did not start: takes the file away again. */
  giveUp(): void;
}

/**
 * Makes the file at once, so that a second command with the same name is refused before it starts anything.
 * @param path absolute
 * @throws TsrunError USAGE when it exists or cannot be made
 */
export function claimCidfile(path: string): Cidfile {
  let fd: number | null;
  try {
    fd = openSync(path, 'wx', 0o644);
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? '';
    throw new TsrunError('USAGE', `cannot write the container id to "${path}"`, {
      why: code === 'EEXIST' ? 'the file exists already' : `open failed: ${code}`,
      hint: code === 'EEXIST' ? 'remove it when its container is gone, or name another file' : 'choose another file',
      cause,
    });
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
