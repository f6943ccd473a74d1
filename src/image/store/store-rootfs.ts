/** A root filesystem tar as an image of one layer, whose digest is known only when all of it was read. */
import { randomBytes } from 'node:crypto';
import { renameSync } from 'node:fs';
import type { ImageContext } from '../context.ts';
import { sha256 } from '../digest.ts';
import type { Digest } from '../image.ts';
import { applyLayer } from '../layer/apply-layer.ts';
import { meterLayer } from '../progress-meter.ts';
import { guessArchitecture } from '../rootfs/guess-architecture.ts';
import { syntheticConfig, syntheticDocument } from '../rootfs/synthetic-config.ts';
import type { StoredImage } from './hold-image.ts';
import {
  layerLockPath,
  layerRecordPath,
  partialLayerPath,
  provisionalLayerName,
  writeLayerRecord,
} from './layer-record.ts';
import { clearLayer, ensureLayer } from './layer-store.ts';
import type { StoreLayout } from './layout.ts';
import { tryLock, unlock } from './lock.ts';
import { markPending, unlinkIfThere } from './pending.ts';
import { storeError } from './store-error.ts';
import { type ImageNaming, storeImage } from './store-image.ts';

type Needs = Pick<ImageContext, 'mapping' | 'limits' | 'signal' | 'onProgress'>;

/** Unpacks under a name of its own, then moves the tree to where its chain id says. */
export async function storeRootfs(
  layout: StoreLayout,
  source: { readonly blob: AsyncIterable<Uint8Array>; readonly size: number | null },
  naming: ImageNaming,
  ctx: Needs,
): Promise<StoredImage> {
  const { mapping, limits, signal, onProgress } = ctx;
  const mark = markPending(layout);
  const name = provisionalLayerName(randomBytes(10));
  const lock = tryLock(layerLockPath(layout, name), 'exclusive');
  if (lock === null) throw new Error(`a fresh layer name is locked: ${name}`);
  try {
    const record = {
      version: 1,
      state: 'unpacking',
      chainId: null,
      diffId: null,
      bytes: 0,
      entries: 0,
      written: null,
    } as const;
    writeLayerRecord(layout, name, { ...record, mapping });
    const target = partialLayerPath(layout, name);
    const blob = meterLayer(source.blob, { index: 0, total: source.size ?? 0 }, onProgress);
    const lower = Promise.resolve([]);
    const done = await applyLayer({ blob, diffId: null, target, lower, mapping, limits, signal });
    onProgress({ type: 'layer-done', index: 0, how: 'unpacked' });
    const image = describe(done.diffId, guessArchitecture(target));
    const [layer] = image.layers;
    return await storeImage(
      layout,
      image,
      naming,
      async () => {
        const unpack = async (place: string) => {
          renameSync(target, place);
          return done;
        };
        const held = await ensureLayer(layout, { ...layer, mapping, signal, unpack });
        return {
          paths: [held.path],
          bytes: held.bytes,
          isNew: held.how === 'unpacked',
          release: () => unlock(held.lock),
        };
      },
      signal,
    );
  } catch (error) {
    throw storeError('cannot unpack the root filesystem', error);
  } finally {
    await clearLayer(layout, name, mapping);
    unlinkIfThere(layerRecordPath(layout, name));
    unlinkIfThere(layerLockPath(layout, name));
    unlock(lock);
    mark.done();
  }
}

/** A layer without others below: its chain id is its diff id. */
function describe(diffId: Digest, architecture: string | null) {
  const config = syntheticConfig(architecture);
  const configBytes = syntheticDocument(config, diffId);
  return {
    id: sha256(configBytes),
    configBytes,
    config,
    manifest: null,
    layers: [{ diffId, chainId: diffId }] as const,
  };
}
