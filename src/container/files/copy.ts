/** `cp`: files out of a container and into one, running or not. */
import type { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { TsrunError } from '../../errors/tsrun-error.ts';
import type { Paths } from '../../host/paths.ts';
import type { Standing } from '../../image/layer/replies.ts';
import { containerEvents } from '../container-events.ts';
import { actorOf, type KeptContainer } from '../kept/kept-container.ts';
import { ArchiveJob } from './archive-job.ts';
import { hostView, type OpenedView, openView } from './container-view.ts';
import { type CopyPath, copyPath, destinationName, packedAs } from './copy-names.ts';
import type { Rename } from './copy-operations.ts';
import { type Owners, rulesIntoContainer, rulesOntoHost } from './copy-rules.ts';
import { filesError } from './files-error.ts';
import { type Placed, placeArchive } from './place-archive.ts';

export interface CopyContext {
  readonly paths: Paths;
  readonly signal: AbortSignal;
  /** Bytes of the archive so far. */
  readonly onProgress: (bytes: number) => void;
}

/** How SRC is read. */
export interface CopyHow {
  readonly owners: Owners;
  /** What a link at SRC itself means; links below it are copied as links. */
  readonly link: 'itself' | 'target';
}

/**
 * A file or directory of the host into a container.
 *
 * @param source as typed, seen from `cwd`
 * @throws TsrunError COPY_FAILED, CONTAINER_NOT_FOUND, ABORTED
 * @example await copyIn(container, { path: 'site/.', cwd: process.cwd() }, '/srv', { owners: 'given', link: 'itself' }, context)
 */
export async function copyIn(
  container: KeptContainer,
  { path, cwd }: { readonly path: string; readonly cwd: string },
  destination: string,
  how: CopyHow,
  context: CopyContext,
): Promise<Placed> {
  const from = copyPath(path, cwd);
  const to = copyPath(destination, '/');
  const task = `copy "${path}" to "${container.name}:${destination}"`;
  using view = await openView(context.paths, container, 'files-writable', context.signal);
  const rule = rulesIntoContainer(view.container.record.userns, how.owners);
  const placed = await copyTree({ from, to, task, link: how.link, reads: hostView, writes: view, rule, context });
  told(context, view, 'extract-to-dir', to);
  return placed;
}

/**
 * A tar archive, compressed or not, into a directory of a container. Owners are those that the archive names.
 *
 * @throws TsrunError as {@link copyIn}
 */
export async function extractInto(
  container: KeptContainer,
  archive: AsyncIterable<Uint8Array>,
  destination: string,
  context: CopyContext,
): Promise<Placed> {
  const { paths, signal, onProgress } = context;
  const to = copyPath(destination, '/');
  const task = `unpack the archive in "${container.name}:${destination}"`;
  using view = await openView(paths, container, 'files-writable', signal);
  const placed = await placeArchive({
    archive,
    view,
    path: to.path,
    parents: 'follow',
    rule: rulesIntoContainer(view.container.record.userns, 'kept'),
    rename: (standing) => {
      if (standing.standing === 'directory') return (entryPath) => entryPath;
      throw new TsrunError('COPY_FAILED', `cannot ${task}`, {
        why: `the destination "${container.name}:${destination}" has to be a directory`,
        hint: `make it first: tsrun exec ${container.name} mkdir -p ${destination}`,
      });
    },
    task,
    signal,
    onProgress,
  });
  told(context, view, 'extract-to-dir', to);
  return placed;
}

/**
 * A file or directory of a container to the host.
 *
 * @param destination as typed, seen from `cwd`
 * @throws TsrunError as {@link copyIn}
 */
export async function copyOut(
  container: KeptContainer,
  source: string,
  { path, cwd }: { readonly path: string; readonly cwd: string },
  how: CopyHow,
  context: CopyContext,
): Promise<Placed> {
  const from = copyPath(source, '/');
  const to = copyPath(path, cwd);
  const task = `copy "${container.name}:${source}" to "${path}"`;
  using view = await openView(context.paths, container, 'files', context.signal);
  const rule = rulesOntoHost(how.owners);
  const placed = await copyTree({ from, to, task, link: how.link, reads: view, writes: hostView, rule, context });
  told(context, view, 'archive-path', from);
  return placed;
}

/**
 * A file or directory of a container as a tar archive to a descriptor, owners and all.
 *
 * @throws TsrunError as {@link copyIn}
 */
export async function archiveOut(
  container: KeptContainer,
  source: string,
  link: CopyHow['link'],
  to: number,
  context: Pick<CopyContext, 'paths' | 'signal'>,
): Promise<void> {
  const { paths, signal } = context;
  const from = copyPath(source, '/');
  using view = await openView(paths, container, 'files', signal);
  const name = from.contents ? '.' : from.name;
  const job = new ArchiveJob('pack', view, [from.path, name, link === 'target' ? 'target' : 'last-link'], to);
  await endOf(job, `copy "${container.name}:${source}"`, signal);
  told(context, view, 'archive-path', from);
}

/**
 * The same to a stream, which is ended.
 *
 * @returns how many bytes it took
 * @throws TsrunError as {@link copyIn}
 */
export async function archiveThrough(
  container: KeptContainer,
  source: string,
  link: CopyHow['link'],
  to: Writable,
  context: CopyContext,
): Promise<number> {
  const { paths, signal, onProgress } = context;
  const from = copyPath(source, '/');
  using view = await openView(paths, container, 'files', signal);
  const name = from.contents ? '.' : from.name;
  const job = new ArchiveJob('pack', view, [from.path, name, link === 'target' ? 'target' : 'last-link'], null);
  const task = `copy "${container.name}:${source}"`;
  let bytes = 0;
  const counted = async function* (chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const chunk of chunks) {
      bytes += chunk.length;
      onProgress(bytes);
      yield chunk;
    }
    // What went wrong with reading is known when the archive is over: then the stream must not look complete.
    await job.finished(task);
  };
  try {
    await pipeline(job.output, counted, to, { signal });
  } catch (error) {
    await job.kill();
    if (signal.aborted) throw new TsrunError('ABORTED', 'reading files was stopped', { cause: signal.reason });
    throw error;
  }
  told(context, view, 'archive-path', from);
  return bytes;
}

const told = (
  { paths }: Pick<CopyContext, 'paths'>,
  { container }: OpenedView,
  action: 'archive-path' | 'extract-to-dir',
  { path }: CopyPath,
): void => containerEvents(paths, actorOf(container), [action, { path }]);

/** Waits for a job that writes by itself. */
export async function endOf(job: ArchiveJob, task: string, signal: AbortSignal): Promise<number> {
  const stop = (): void => void job.kill();
  signal.addEventListener('abort', stop, { once: true });
  try {
    if (signal.aborted) stop();
    return await job.finished(task);
  } catch (error) {
    if (signal.aborted) throw new TsrunError('ABORTED', 'reading files was stopped', { cause: signal.reason });
    throw error;
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

interface TreeCopy {
  readonly from: CopyPath;
  readonly to: CopyPath;
  readonly task: string;
  readonly link: CopyHow['link'];
  readonly reads: Pick<OpenedView, 'words' | 'mapping' | 'process'>;
  readonly writes: Pick<OpenedView, 'words' | 'mapping' | 'process'>;
  readonly rule: ReturnType<typeof rulesOntoHost>;
  readonly context: CopyContext;
}

/** One process reads in its view, another writes in its own, and what passes between them is an archive. */
async function copyTree({ from, to, task, link, reads, writes, rule, context }: TreeCopy): Promise<Placed> {
  const follow = link === 'target' ? 'target' : 'last-link';
  const job = new ArchiveJob('pack', reads, [from.path, packedAs, follow], null);
  try {
    const placed = await placeArchive({
      archive: job.output,
      view: writes,
      path: to.path,
      parents: 'refuse',
      rule,
      rename: (standing) => renamed(from, to, standing, task),
      task,
      signal: context.signal,
      onProgress: context.onProgress,
    });
    await job.finished(task);
    return placed;
  } catch (error) {
    if (context.signal.aborted) {
      await job.kill();
      throw error;
    }
    const failure = await job.failure();
    // An archive that broke off is what a failed reading looks like from the other end.
    if (failure !== null) throw filesError(failure, task);
    throw error;
  }
}

/** The first entry is SRC itself: what it is decides where everything goes. */
function renamed(from: CopyPath, to: CopyPath, standing: Standing, task: string): Rename {
  let top: string | null = null;
  return (path, entry) => {
    top ??= destinationName(from, entry.type === 'directory', to, standing, task);
    const below = path.slice(packedAs.length + 1);
    return below === '' || top === '' ? top + below : `${top}/${below}`;
  };
}
