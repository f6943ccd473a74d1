/** An archive, unpacked into a directory of a container or of the host that is there already. */
import { TsrunError } from '../../errors/tsrun-error.ts';
import { decompressInto } from '../../image/layer/decompress.ts';
import { OperationStream } from '../../image/layer/operations.ts';
import { partOf } from '../../image/layer/parts.ts';
import type { Standing } from '../../image/layer/replies.ts';
import { TarReader } from '../../image/layer/tar/reader.ts';
import { Workbench, WorkbenchSpoke } from '../../image/layer/workbench.ts';
import type { OpenedView } from './container-view.ts';
import { CopyOperations, type Rename } from './copy-operations.ts';
import type { CopyRule } from './copy-rules.ts';
import { filesError } from './files-error.ts';

export interface PlaceRequest {
  readonly archive: AsyncIterable<Uint8Array>;
  readonly view: Pick<OpenedView, 'words' | 'mapping' | 'process'>;
  readonly path: string;
  /** Symbolic links on the way to an entry: an archive may count on those that are there, a copy of a tree brings its own directories. */
  readonly parents: 'refuse' | 'follow';
  readonly rule: CopyRule;
  /** Told what stands at `path`. */
  readonly rename: (standing: Standing) => Rename;
  /** The rest of "cannot ...". */
  readonly task: string;
  readonly signal: AbortSignal;
  /** Of the archive, so far. */
  readonly onProgress: (bytes: number) => void;
}

export interface Placed {
  /** Of the archive. */
  readonly bytes: number;
  /** Not copied: towards the host without -a, and where the kernel makes none. */
  readonly leftOutDevices: number;
  readonly leftOutXattrs: number;
}

/**
 * What was copied before a failure stays; a file is there whole or not at all.
 *
 * @throws TsrunError COPY_FAILED, ABORTED
 */
export async function placeArchive(request: PlaceRequest): Promise<Placed> {
  const { view, path, parents, task, signal } = request;
  if (signal.aborted) throw new TsrunError('ABORTED', 'copying was stopped', { cause: signal.reason });
  const bench = new Workbench({
    job: ['files', 'place'],
    mapping: view.mapping,
    words: [...view.words, '--', path, parents],
    writes: true,
    process: view.process,
  });
  const stop = (): void => void bench.giveUp();
  signal.addEventListener('abort', stop, { once: true });
  try {
    return await feed(request, bench);
  } catch (error) {
    await bench.giveUp();
    throw asCopyError(error, task, signal);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

async function feed({ archive, rule, rename, task, onProgress }: PlaceRequest, bench: Workbench): Promise<Placed> {
  const standing = await bench.reply();
  if (standing.type !== 'destination') throw failureOf(standing, task);
  const out = new OperationStream();
  const sink = new CopyOperations(out, rule, rename(standing));
  const reader = new TarReader(sink);
  let bytes = 0;
  try {
    for await (const chunk of decompressInto(archive, () => bench.part(), 'the archive')) {
      bytes += chunk.length;
      reader.push(chunk);
      out.read(partOf(chunk));
      await bench.send(out.take());
      if (bench.hasSpoken) throw new WorkbenchSpoke();
      onProgress(bytes);
    }
  } catch (error) {
    if (!(error instanceof WorkbenchSpoke)) throw error;
    throw failureOf(await bench.reply(), task);
  }
  reader.end();
  out.end();
  await bench.send(out.take());
  const reply = await bench.reply();
  if (reply.type !== 'done') throw failureOf(reply, task);
  await bench.finished();
  return { bytes, leftOutDevices: reply.skippedDevices + sink.leftOut, leftOutXattrs: reply.skippedXattrs };
}

function failureOf(reply: Awaited<ReturnType<Workbench['reply']>>, task: string): Error {
  if (reply.type === 'failure') return filesError(reply, task);
  return new Error(
    `the process that writes files answers "${reply.type}"${reply.type === 'death' ? `: ${reply.how}` : ''}`,
  );
}

/** The words for layers of images are not those for an archive that somebody copies. */
function asCopyError(error: unknown, task: string, signal: AbortSignal): unknown {
  if (signal.aborted) return new TsrunError('ABORTED', 'copying was stopped', { cause: signal.reason });
  if (!(error instanceof TsrunError) || !error.code.startsWith('IMAGE_')) return error;
  const entry = /^cannot unpack the entry (.*)$/s.exec(error.message)?.[1];
  return new TsrunError('COPY_FAILED', `cannot ${task}`, {
    why: entry === undefined ? `the archive: ${error.why ?? error.message}` : `the entry ${entry}: ${error.why}`,
    cause: error,
  });
}
