/** `export`: the root filesystem of a container as an archive. */
import { randomBytes } from 'node:crypto';
import { closeSync, openSync, renameSync, statSync, unlinkSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { TsrunError } from '../../errors/tsrun-error.ts';
import type { Paths } from '../../host/paths.ts';
import { containerEvents } from '../container-events.ts';
import { actorOf, type KeptContainer } from '../kept/kept-container.ts';
import { ArchiveJob } from './archive-job.ts';
import { openView } from './container-view.ts';
import { endOf } from './copy.ts';

interface Context {
  readonly paths: Paths;
  readonly signal: AbortSignal;
}

/**
 * Writes it to a descriptor. Where something is mounted stands what is below the mount.
 *
 * @returns how many sockets were left out
 * @throws TsrunError COPY_FAILED, CONTAINER_NOT_FOUND, ABORTED
 */
export async function exportTo(container: KeptContainer, to: number, { paths, signal }: Context): Promise<number> {
  using view = await openView(paths, container, 'root', signal);
  const leftOut = await endOf(
    new ArchiveJob('pack', view, ['/', '', 'target'], to),
    `export "${container.name}"`,
    signal,
  );
  containerEvents(paths, actorOf(view.container), ['export']);
  return leftOut;
}

/**
 * Writes it to a file, which is there when all of it is: what is cut short leaves nothing. A device or a pipe is written to
 * as it is.
 *
 * @throws TsrunError as {@link exportTo}
 */
export async function exportToFile(container: KeptContainer, file: string, context: Context): Promise<number> {
  const there = statSync(file, { throwIfNoEntry: false });
  if (there !== undefined && !there.isFile()) {
    return await throughFile(file, 'w', file, (fd) => exportTo(container, fd, context));
  }
  const aside = join(dirname(file), `.${basename(file)}.${randomBytes(6).toString('hex')}`);
  return await throughFile(aside, 'wx', file, async (fd) => {
    try {
      const leftOut = await exportTo(container, fd, context);
      renameSync(aside, file);
      return leftOut;
    } catch (error) {
      unlinkSync(aside);
      throw error;
    }
  });
}

async function throughFile(
  path: string,
  flags: 'w' | 'wx',
  shown: string,
  write: (fd: number) => Promise<number>,
): Promise<number> {
  let fd: number;
  try {
    // As docker's: what a container holds is nobody else's.
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
