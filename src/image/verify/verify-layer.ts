/** One unpacked layer against the archive it came from: what its files hold, and everything else of them. */
import { createHash } from 'node:crypto';
import { TsrunError } from '../../errors/tsrun-error.ts';
import type { Digest } from '../image.ts';
import { type FileFault, rebuildTar } from '../layer/split/rebuild-tar.ts';
import { printable } from '../layer/tar/bytes.ts';
import { layerLockPath } from '../store/layer-record.ts';
import { faultWords, type SplitLayer, treeOf } from '../store/layer-tar.ts';
import type { StoreLayout } from '../store/layout.ts';
import { tryLockExisting, unlock } from '../store/lock.ts';
import { withOutline } from '../store/outline.ts';
import { isSystemError } from '../store/store-error.ts';
import { TreeLooker } from '../tree/tree-looker.ts';
import { compareMetadata } from './compare-metadata.ts';

export interface LayerVerdict {
  /** What is wrong, a line each: `"etc/passwd" holds something else`. None: the archive written again has the layer's diff id. */
  readonly faults: readonly string[];
  /** Why owners, modes, times and extended attributes could not be compared; null: they were, or the contents are wrong already. */
  readonly contentsOnly: string | null;
}

/** The layer, and the trees it was unpacked over. */
export interface LayerInPlace {
  readonly layer: SplitLayer;
  readonly diffId: Digest;
  readonly below: LayersBelow;
}

export type LayersBelow =
  | { readonly type: 'known' /** Topmost first. */; readonly directories: readonly string[] }
  /** Without them it cannot be said what the layer should be, but for what its files hold. */
  | { readonly type: 'unknown'; readonly why: string };

/** So many files of one layer are named; a layer whose disk is broken may have all of them wrong. */
const MAX_NAMED = 20;
/** Files get the time of the last tick of the clock, which is up to 10 ms old. */
const TICK_NS = 20_000_000n;

/**
 * Reads every file of the layer.
 *
 * @returns null: the layer went meanwhile
 */
export async function verifyLayer(
  layout: StoreLayout,
  place: LayerInPlace,
  signal: AbortSignal,
): Promise<LayerVerdict | null> {
  const lock = tryLockExisting(layerLockPath(layout, place.layer.name), 'shared');
  if (lock === null || lock === 'missing') return null;
  try {
    const { below } = place;
    return below.type === 'unknown'
      ? await verifyContents(layout, place, below.why, signal)
      : await verifyAll(layout, place, below.directories, signal);
  } finally {
    unlock(lock);
  }
}

/** In one reading: what makes the outline reads the whole archive. */
async function verifyAll(
  layout: StoreLayout,
  place: LayerInPlace,
  lower: readonly string[],
  signal: AbortSignal,
): Promise<LayerVerdict> {
  const { layer, diffId } = place;
  const archive = new WatchedArchive(layout, layer, signal);
  const began = BigInt(Date.now()) * 1_000_000n - TICK_NS;
  const { directory, mapping } = treeOf(layout, layer);
  try {
    return await withOutline(layout, { layer, diffId, archive, lower, signal }, async (outline) => {
      await using stored = await TreeLooker.open(directory, mapping);
      await using expected = await TreeLooker.open(outline, mapping);
      const named = new NamedFaults();
      for await (const { path, fault } of compareMetadata(stored.all(), expected.all(), began)) named.add(path, fault);
      return { faults: named.lines(), contentsOnly: null };
    });
  } catch (error) {
    if (archive.failure !== null) return { faults: [unreadable(archive.failure)], contentsOnly: null };
    if (archive.faults.length > 0 || isOtherArchive(error))
      return { faults: wrong(archive.faults), contentsOnly: null };
    if (!(error instanceof TsrunError) || error.code !== 'STORE') throw error;
    return await verifyContents(layout, place, shortly(error), signal);
  }
}

/** Where no outline can be made. */
async function verifyContents(
  layout: StoreLayout,
  { layer, diffId }: LayerInPlace,
  contentsOnly: string,
  signal: AbortSignal,
): Promise<LayerVerdict> {
  const archive = new WatchedArchive(layout, layer, signal);
  const hash = createHash('sha256');
  try {
    for await (const chunk of archive) hash.update(chunk);
  } catch (error) {
    if (archive.failure === null) throw error;
    return { faults: [unreadable(archive.failure)], contentsOnly: null };
  }
  const isSame = `sha256:${hash.digest('hex')}` === diffId;
  return { faults: isSame ? [] : wrong(archive.faults), contentsOnly };
}

/** The layer's archive written again, with what was wrong on the way. */
class WatchedArchive implements AsyncIterable<Uint8Array> {
  readonly faults: FileFault[] = [];
  failure: TsrunError | null = null;
  readonly #pieces: AsyncGenerator<Buffer>;

  constructor(layout: StoreLayout, layer: SplitLayer, signal: AbortSignal) {
    const onFault = (fault: FileFault): void => {
      this.faults.push(fault);
    };
    this.#pieces = rebuildTar({ ...treeOf(layout, layer), signal, onFault });
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    try {
      yield* this.#pieces;
    } catch (error) {
      if (error instanceof TsrunError && error.code === 'STORE') this.failure = error;
      throw error;
    }
  }
}

/** Without the path of what was to be written, which is another one each time: `EROFS: read-only file system`. */
const shortly = ({ cause, message }: TsrunError): string =>
  isSystemError(cause) ? cause.message.replace(/,.*$/s, '') : message;

const isOtherArchive = (error: unknown): boolean => error instanceof TsrunError && error.code === 'IMAGE_INVALID';

const unreadable = ({ message, why }: TsrunError): string => `${message}: ${why ?? 'it is damaged'}`;

function wrong(faults: readonly FileFault[]): readonly string[] {
  if (faults.length === 0) return ['what is kept of its headers has changed'];
  const named = new NamedFaults();
  for (const { path, fault } of faults) named.add(path, faultWords(fault));
  return named.lines();
}

class NamedFaults {
  readonly #lines: string[] = [];
  #more = 0;

  add(path: string, words: string): void {
    if (this.#lines.length < MAX_NAMED)
      this.#lines.push(`${path === '' ? 'its root' : `"${printable(path)}"`} ${words}`);
    else this.#more += 1;
  }

  lines(): readonly string[] {
    return this.#more === 0 ? this.#lines : [...this.#lines, `and ${this.#more} more files`];
  }
}
