/** A layer blob becomes a directory that overlayfs can use as a lower one. */
import { createHash } from 'node:crypto';
import { TsrunError } from '../../errors/tsrun-error.ts';
import type { UserNamespace } from '../../plan/host-facts.ts';
import type { Digest } from '../image.ts';
import { decompressInto } from './decompress.ts';
import { failureError } from './failure.ts';
import { LayerOperations, tooLarge } from './layer-operations.ts';
import { OperationStream } from './operations.ts';
import { partOf } from './parts.ts';
import { removeTree } from './remove-tree.ts';
import { type ArchiveRecorder, recordNothing } from './split/archive-recorder.ts';
import { DisplacedFiles } from './split/displaced-files.ts';
import { SplitWriter } from './split/split-writer.ts';
import { TarReader } from './tar/reader.ts';
import { type Answer, Workbench, WorkbenchSpoke } from './workbench.ts';

export { removeTree } from './remove-tree.ts';

export interface ApplyLayerRequest {
  /** Compressed or not: the format is detected. A chunk need not stay as it is once the next one was asked for. */
  readonly blob: AsyncIterable<Uint8Array>;
  /** null: not known beforehand. */
  readonly diffId: Digest | null;
  /** Absolute path of a directory that does not exist yet. */
  readonly target: string;
  /** Where the split of its archive is written, beside it (split/items.ts); null: the archive is not needed again. */
  readonly split: string | null;
  /** Resolved when the lower layers are complete; topmost first. Waited for only when the layer depends on them. */
  readonly lower: Promise<readonly string[]>;
  readonly mapping: UserNamespace;
  readonly limits: {
    /** Of the layer when decompressed. Files with their holes may be {@link APPARENT} times that. */
    readonly maxBytes: number;
    readonly maxEntries: number;
  };
  readonly signal: AbortSignal;
}

export interface AppliedLayer {
  readonly diffId: Digest;
  /** Of file data written. */
  readonly bytes: number;
  readonly entries: number;
  /** Device nodes that could not be made in a user namespace. */
  readonly skippedDevices: number;
  /** Extended attributes that the filesystem or the user namespace does not take. */
  readonly skippedXattrs: number;
}

const APPARENT = 16;

/**
 * Unpacks one layer. The directory is complete when this resolves; when it rejects, nothing is left of it.
 *
 * @throws TsrunError IMAGE_INVALID for a damaged, misleading or wrongly hashed layer, IMAGE_TOO_LARGE beyond the limits,
 * STORE when it cannot be written, ABORTED when `signal` fired.
 * @example await applyLayer({ blob: createReadStream('layer.tar.gz'), diffId, target: '/var/lib/tsrun/layers/new',
 *   lower: Promise.resolve([]), split: null,
 *   mapping: { type: 'host' }, limits: { maxBytes: 2 ** 33, maxEntries: 1e6 }, signal })
 */
export const applyLayer = (request: ApplyLayerRequest): Promise<AppliedLayer> => apply(request, new OperationStream());

/**
 * The same tree with nothing in its files: as long as they should be, all of it holes. Reads, checks and throws as {@link applyLayer}.
 *
 * @example await outlineLayer({ blob: openLayerTar(layout, diffId, signal), diffId, target, split: null, ...more })
 */
export const outlineLayer = (request: ApplyLayerRequest): Promise<AppliedLayer> => apply(request, new OutlineStream());

class OutlineStream extends OperationStream {
  override data(): void {}
}

async function apply(request: ApplyLayerRequest, out: OperationStream): Promise<AppliedLayer> {
  const { signal, target, mapping } = request;
  // Not everybody waits for it; a rejection nobody sees would end the process.
  request.lower.catch(() => {});
  throwIfAborted(signal);
  const split = request.split === null ? null : await SplitWriter.create(request.split);
  const displaced = new DisplacedFiles(`${request.split}.replaced`);
  const bench = new Workbench({
    job: ['workbench', 'apply'],
    mapping,
    words: [target],
    writes: true,
    process: null,
    onDisplaced: displaced.take,
  });
  const aborted = abortion(signal);
  let targetIsOurs = true;
  try {
    const layer = await Promise.race([feed(request, out, bench, split), aborted.promise]);
    const reply = layer.type === 'fed' ? await Promise.race([settle(request, bench), aborted.promise]) : layer.reply;
    if (reply.type !== 'done' || layer.type !== 'fed') {
      targetIsOurs = !(reply.type === 'failure' && reply.at === 'target');
      throw reply.type === 'failure' || reply.type === 'death'
        ? failureError(reply, target)
        : new Error('the workbench answered too early');
    }
    await bench.finished();
    await split?.end(displaced);
    const { skippedDevices, skippedXattrs } = reply;
    return { diffId: layer.diffId, bytes: layer.bytes, entries: layer.entries, skippedDevices, skippedXattrs };
  } catch (error) {
    await bench.kill();
    await split?.discard();
    if (targetIsOurs) await removeAfter(error, target, mapping);
    throw error;
  } finally {
    displaced.release();
    aborted.forget();
  }
}

type BenchReply = Awaited<ReturnType<Workbench['reply']>>;
type Fed =
  | { readonly type: 'fed'; readonly diffId: Digest; readonly bytes: number; readonly entries: number }
  | { readonly type: 'stopped'; readonly reply: BenchReply };

/** Decompresses, hashes and reads the blob, and sends what it says. */
async function feed(
  request: ApplyLayerRequest,
  out: OperationStream,
  bench: Workbench,
  split: SplitWriter | null,
): Promise<Fed> {
  const { limits, mapping } = request;
  const maxApparent = limits.maxBytes * APPARENT;
  const recorder: ArchiveRecorder = split ?? recordNothing;
  const layer = new LayerOperations(out, mapping, { maxApparent, maxEntries: limits.maxEntries }, recorder);
  const reader = new TarReader(layer);
  const hash = createHash('sha256');
  let length = 0;
  try {
    const what = request.diffId === null ? 'the layer' : `the layer ${request.diffId}`;
    for await (const chunk of decompressInto(request.blob, () => bench.part(), what)) {
      throwIfAborted(request.signal);
      length += chunk.length;
      if (length > limits.maxBytes) throw tooLarge(`decompressed it has more than ${limits.maxBytes} bytes`);
      reader.push(chunk);
      out.read(partOf(chunk));
      const sent = bench.send(out.take());
      // While the workbench writes. It says when the part may be filled again; that cannot come before this is done.
      hash.update(chunk);
      await sent;
      await split?.drained();
    }
  } catch (error) {
    if (!(error instanceof WorkbenchSpoke)) throw error;
  }
  if (bench.hasSpoken) return { type: 'stopped', reply: await bench.reply() };
  // Old programs leave the end blocks out; without a known hash that cannot be told from a truncated archive.
  if (reader.end() === 'bare' && request.diffId === null) throw withoutEnd();
  const diffId = `sha256:${hash.digest('hex')}` as Digest;
  if (request.diffId !== null && request.diffId !== diffId) {
    throw new TsrunError('IMAGE_INVALID', 'a layer has the wrong content', {
      why: `its diffID is ${diffId}, the image's config says ${request.diffId}`,
      hint: 'fetch or export the image again',
    });
  }
  out.end();
  await bench.send(out.take());
  return { type: 'fed', diffId, bytes: layer.bytes, entries: layer.entries };
}

const withoutEnd = (): TsrunError =>
  new TsrunError('IMAGE_INVALID', 'cannot read the archive to its end', {
    why: 'it stops without the two zero blocks that end every tar archive: it was cut short, or its writer left them out',
    hint: 'if you know that it is whole, add them: head -c 1024 /dev/zero >> FILE',
  });

/** Gives the lower layers when they are wanted, and waits for the end. */
async function settle(
  request: ApplyLayerRequest,
  bench: Workbench,
): Promise<Exclude<BenchReply, { type: 'want-lower' }>> {
  const reply = await bench.reply();
  if (reply.type !== 'want-lower') return reply;
  bench.giveLower(await request.lower);
  const last: Answer | BenchReply = await bench.reply();
  if (last.type === 'want-lower') throw new Error('the workbench wants lower layers twice');
  return last;
}

async function removeAfter(error: unknown, target: string, mapping: UserNamespace): Promise<void> {
  try {
    await removeTree(target, mapping);
  } catch (second) {
    // The first failure stays first.
    if (error instanceof Error && error.cause === undefined) error.cause = second;
  }
}

function throwIfAborted(signal: AbortSignal): void {
  if (signal.aborted) throw new TsrunError('ABORTED', 'unpacking the layer was stopped', { cause: signal.reason });
}

/** A promise that rejects when `signal` fires. */
function abortion(signal: AbortSignal): { readonly promise: Promise<never>; forget(): void } {
  let listener = (): void => {};
  const promise = new Promise<never>((_, reject) => {
    listener = () => {
      reject(new TsrunError('ABORTED', 'unpacking the layer was stopped', { cause: signal.reason }));
    };
    signal.addEventListener('abort', listener, { once: true });
  });
  promise.catch(() => {});
  return { promise, forget: () => signal.removeEventListener('abort', listener) };
}
