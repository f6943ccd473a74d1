/** The tree that a stored layer's archive unpacks to here and now, without what its files hold: what its metadata should be. */
import { randomBytes } from 'node:crypto';
import type { Digest } from '../image.ts';
import { outlineLayer } from '../layer/apply-layer.ts';
import {
  layerLockPath,
  layerRecordPath,
  partialLayerPath,
  provisionalLayerName,
  writeLayerRecord,
} from './layer-record.ts';
import { clearLayer } from './layer-store.ts';
import type { SplitLayer } from './layer-tar.ts';
import type { StoreLayout } from './layout.ts';
import { tryLock, unlock } from './lock.ts';
import { markPending, unlinkIfThere } from './pending.ts';

export interface OutlineRequest {
  readonly layer: SplitLayer;
  readonly diffId: Digest;
  /** Its archive. */
  readonly archive: AsyncIterable<Uint8Array>;
  /** The layers that it lies on, topmost first. */
  readonly lower: readonly string[];
  readonly signal: AbortSignal;
}

/** What is stored has been within the limits. */
const limits = { maxBytes: Number.MAX_SAFE_INTEGER / 32, maxEntries: Number.MAX_SAFE_INTEGER };

/**
 * Hands out the tree's directory; it is gone when this resolves. It takes inodes and no room. The archive was read to its end and has
 * the digest when `look` is called.
 *
 * @throws TsrunError IMAGE_INVALID when the archive has another digest, STORE when nothing can be written
 */
export async function withOutline<T>(
  layout: StoreLayout,
  { layer, diffId, archive, lower, signal }: OutlineRequest,
  look: (directory: string) => Promise<T>,
): Promise<T> {
  const { mapping } = layer.record;
  const mark = markPending(layout);
  const name = provisionalLayerName(randomBytes(10));
  let lock: number | null = null;
  try {
    lock = tryLock(layerLockPath(layout, name), 'exclusive');
    if (lock === null) throw new Error(`a fresh layer name is locked: ${name}`);
    const record = { version: 1, state: 'unpacking', chainId: null, diffId: null, bytes: 0, entries: 0 } as const;
    writeLayerRecord(layout, name, { ...record, mapping, written: null });
    const target = partialLayerPath(layout, name);
    await outlineLayer({
      blob: archive,
      diffId,
      target,
      split: null,
      lower: Promise.resolve(lower),
      mapping,
      limits,
      signal,
    });
    return await look(target);
  } finally {
    if (lock !== null) {
      await clearLayer(layout, name, mapping);
      unlinkIfThere(layerRecordPath(layout, name));
      unlinkIfThere(layerLockPath(layout, name));
      unlock(lock);
    }
    mark.done();
  }
}
