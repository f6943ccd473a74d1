/** An image with a layer whose digest is known only when all of it was read: a root filesystem, or what a container changed. */
import { randomBytes } from 'node:crypto';
import { renameSync } from 'node:fs';
import { chainIds } from '../chain-id.ts';
import type { ImageContext } from '../context.ts';
import { sha256 } from '../digest.ts';
import type { Digest, ImageConfig } from '../image.ts';
import { type AppliedLayer, applyLayer } from '../layer/apply-layer.ts';
import { meterLayer } from '../progress-meter.ts';
import type { StoredImage } from './hold-image.ts';
import type { LayerOfImage } from './image-record.ts';
import {
  layerLockPath,
  layerRecordPath,
  layerSplitPath,
  partialLayerPath,
  provisionalLayerName,
  writeLayerRecord,
} from './layer-record.ts';
import { clearLayer, ensureLayer, type HeldLayer } from './layer-store.ts';
import type { StoreLayout } from './layout.ts';
import { tryLock, unlock } from './lock.ts';
import { markPending, unlinkIfThere } from './pending.ts';
import { storeError } from './store-error.ts';
import { type ImageNaming, storeImage } from './store-image.ts';
import type { HeldLayers } from './unpack-layers.ts';

type Needs = Pick<ImageContext, 'mapping' | 'limits' | 'signal' | 'onProgress'>;

/** The layers that the new one lies on, bottom first. Whoever calls keeps their image from being removed. */
export interface LayersBelow {
  readonly layers: readonly LayerOfImage[];
  readonly paths: readonly string[];
}

export interface NewLayer {
  readonly blob: AsyncIterable<Uint8Array>;
  readonly size: number | null;
  /** The config of the image, once the layer is there: its digest, and the directory it was unpacked to. */
  readonly describe: (
    diffId: Digest,
    directory: string,
  ) => { readonly config: ImageConfig; readonly configBytes: Uint8Array };
  /** What is stored, in an error: "cannot unpack ...". */
  readonly what: string;
}

/** Unpacks under a name of its own, then moves the tree to where its chain id says. */
export async function storeWithNewLayer(
  layout: StoreLayout,
  below: LayersBelow,
  layer: NewLayer,
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
    const split = layerSplitPath(layout, name);
    const blob = meterLayer(layer.blob, { index: 0, total: layer.size ?? 0 }, onProgress);
    const lower = Promise.resolve([...below.paths].reverse());
    const done = await applyLayer({ blob, diffId: null, target, split, lower, mapping, limits, signal });
    onProgress({ type: 'layer-done', index: 0, how: 'unpacked' });
    const diffIds = [...below.layers.map(({ diffId }) => diffId), done.diffId];
    const chain = chainIds(diffIds);
    const layers = diffIds.map((diffId, index) => ({ diffId, chainId: chain[index] as Digest }));
    const { config, configBytes } = layer.describe(done.diffId, target);
    const image = { id: sha256(configBytes), configBytes, config, manifest: null, layers };
    const hold = () => holdAll(layout, layers, { target, split, done }, ctx);
    return await storeImage(layout, image, naming, hold, signal);
  } catch (error) {
    throw storeError(`cannot unpack ${layer.what}`, error);
  } finally {
    await clearLayer(layout, name, mapping);
    unlinkIfThere(layerRecordPath(layout, name));
    unlinkIfThere(layerLockPath(layout, name));
    unlock(lock);
    mark.done();
  }
}

/** Those below are there; the new one is moved to its place, unless an equal one has been there before. */
async function holdAll(
  layout: StoreLayout,
  layers: readonly LayerOfImage[],
  top: { readonly target: string; readonly split: string; readonly done: AppliedLayer },
  { mapping, signal }: Needs,
): Promise<HeldLayers> {
  const held: HeldLayer[] = [];
  const release = (): void => {
    for (const { lock } of held) unlock(lock);
  };
  try {
    for (const [index, layer] of layers.entries()) {
      const isTop = index === layers.length - 1;
      const unpack = async (place: string, split: string) => {
        if (!isTop) throw new Error(`the layer ${layer.diffId} has gone from under an image that is in use`);
        renameSync(top.target, place);
        renameSync(top.split, split);
        return top.done;
      };
      held.push(await ensureLayer(layout, { ...layer, mapping, signal, unpack }));
    }
  } catch (error) {
    release();
    throw error;
  }
  return {
    paths: held.map(({ path }) => path),
    bytes: held.reduce((sum, { bytes }) => sum + bytes, 0),
    isNew: held.some(({ how }) => how === 'unpacked'),
    release,
  };
}
