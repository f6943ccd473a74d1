/** `image verify --repair`: what is damaged is unpacked again from what the image came from. */
import { closeSync } from 'node:fs';
import { TsrunError } from '../../errors/tsrun-error.ts';
import { findPath } from '../argument.ts';
import type { ImageContext } from '../context.ts';
import { shortDigest } from '../digest.ts';
import type { Digest } from '../image.ts';
import { openAgain } from '../open-stored.ts';
import { type ImageRecord, imageLockPath, isFromFile, isFromRegistry, readImageRecord } from '../store/image-record.ts';
import { type LayerName, layerLockPath, layerRecordPath, readLayerRecord } from '../store/layer-record.ts';
import { clearLayer } from '../store/layer-store.ts';
import { type StoreLayout, storeLayout } from '../store/layout.ts';
import { tryLockExisting, unlock } from '../store/lock.ts';
import { markPending, unlinkIfThere } from '../store/pending.ts';
import type { Finding } from './verify-images.ts';

/** Image by image: repaired, or why not. */
export interface Repair {
  readonly image: Digest;
  readonly failure: TsrunError | null;
}

/**
 * Takes damaged layers away and opens each image that had them anew. Nothing is taken away of an image that a container uses, or that
 * there is no source of.
 */
export async function repairImages(findings: readonly Finding[], ctx: ImageContext): Promise<readonly Repair[]> {
  const layout = storeLayout(ctx.paths);
  const repairs: Repair[] = [];
  const taken = new Set<LayerName>();
  for (const image of new Set(findings.flatMap(({ images }) => images))) {
    const layers = new Set(
      findings.flatMap(({ images, layer }) =>
        layer !== null && !taken.has(layer) && images.includes(image) ? [layer] : [],
      ),
    );
    // Of whoever shares a layer with it, nobody may be using it.
    const sharing = new Set(
      findings.flatMap(({ images, layer }) => (layer !== null && layers.has(layer) ? images : [])),
    );
    try {
      await repairImage(layout, image, { layers: [...layers], sharing: [...sharing] }, ctx);
      for (const layer of layers) taken.add(layer);
      repairs.push({ image, failure: null });
    } catch (error) {
      if (!(error instanceof TsrunError)) throw error;
      repairs.push({ image, failure: error });
    }
  }
  return repairs;
}

async function repairImage(
  layout: StoreLayout,
  id: Digest,
  damaged: { readonly layers: readonly LayerName[]; readonly sharing: readonly Digest[] },
  ctx: ImageContext,
): Promise<void> {
  const record = readImageRecord(layout, id);
  if (record === null) return;
  if (!hasSource(record)) throw noSource(id);
  const mark = markPending(layout);
  const locks: number[] = [];
  let { mapping } = ctx;
  try {
    for (const image of new Set([id, ...damaged.sharing])) {
      const lock = tryLockExisting(imageLockPath(layout, image), 'exclusive');
      if (lock === null) throw inUse(image);
      if (lock !== 'missing') locks.push(lock);
    }
    for (const name of damaged.layers) mapping = (await takeAway(layout, name)) ?? mapping;
  } finally {
    for (const lock of locks) unlock(lock);
    mark.done();
  }
  const image = await openAgain(layout, record, shortDigest(id), [], { ...ctx, mapping });
  if (image.type === 'layers') closeSync(image.lock);
}

/** @returns whose ids it had; null: it has gone before */
async function takeAway(layout: StoreLayout, name: LayerName): Promise<ImageContext['mapping'] | null> {
  const lock = tryLockExisting(layerLockPath(layout, name), 'exclusive');
  if (lock === 'missing') return null;
  if (lock === null) throw new TsrunError('IMAGE_IN_USE', 'cannot repair a layer', { why: 'another command uses it' });
  try {
    const mapping = readLayerRecord(layout, name)?.mapping ?? null;
    await clearLayer(layout, name, mapping ?? { type: 'host' });
    unlinkIfThere(layerRecordPath(layout, name));
    return mapping;
  } finally {
    unlock(lock);
  }
}

const hasSource = ({ sources }: ImageRecord): boolean =>
  sources.some(isFromRegistry) || sources.filter(isFromFile).some(({ path }) => findPath(path)?.path === path);

const noSource = (id: Digest): TsrunError =>
  new TsrunError('STORE', `cannot repair the image ${shortDigest(id)}`, {
    why: 'what it came from is gone',
    hint: 'load or pull it again after "tsrun rmi"',
  });

const inUse = (id: Digest): TsrunError =>
  new TsrunError('IMAGE_IN_USE', `cannot repair the image ${shortDigest(id)}`, {
    why: 'a container or another command uses it',
    hint: 'stop the container first',
  });
