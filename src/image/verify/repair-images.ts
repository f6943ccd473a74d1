/** `image verify --repair`: what is damaged is had again from what the image came from. */
import { closeSync } from 'node:fs';
import { TsrunError } from '../../errors/tsrun-error.ts';
import { findPath } from '../argument.ts';
import type { ImageContext } from '../context.ts';
import { shortDigest } from '../digest.ts';
import type { Digest } from '../image.ts';
import { openAgain } from '../open-stored.ts';
import { type ImageRecord, imageLockPath, isFromFile, isFromRegistry } from '../store/image-record.ts';
import { putAside, takeBack } from '../store/layer-aside.ts';
import type { LayerName } from '../store/layer-record.ts';
import { hasLayerTar } from '../store/layer-tar.ts';
import { type StoreLayout, storeLayout } from '../store/layout.ts';
import { tryLockExisting, unlock } from '../store/lock.ts';
import { markPending, unlinkIfThere } from '../store/pending.ts';
import { readOrRebuildRecord } from '../store/rebuild-record.ts';
import type { Finding } from './finding.ts';

/** Image by image: repaired, or why not. */
export interface Repair {
  readonly image: Digest;
  readonly failure: TsrunError | null;
}

type LayerFinding = Extract<Finding, { type: 'layer' }>;

/**
 * Puts damaged layers aside and opens each image that had them anew. What cannot be had again stays as it was, and so does an image that
 * a container uses. Names that lead nowhere go.
 */
export async function repairImages(findings: readonly Finding[], ctx: ImageContext): Promise<readonly Repair[]> {
  const layout = storeLayout(ctx.paths);
  for (const finding of findings) if (finding.type === 'name') unlinkIfThere(finding.path);
  const damaged = findings.filter((finding): finding is LayerFinding => finding.type === 'layer');
  const repairs: Repair[] = [];
  const taken = new Set<LayerName>();
  for (const image of new Set(findings.flatMap(imagesOf))) {
    const layers = new Set(
      damaged.flatMap(({ images, layer }) => (!taken.has(layer) && images.includes(image) ? [layer] : [])),
    );
    // Of whoever shares a layer with it, nobody may be using it.
    const sharing = new Set(damaged.flatMap(({ images, layer }) => (layers.has(layer) ? images : [])));
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

function imagesOf(finding: Finding): readonly Digest[] {
  switch (finding.type) {
    case 'layer':
      return finding.images;
    case 'name':
      return [];
    case 'image':
    case 'record':
      return [finding.image];
  }
}

async function repairImage(
  layout: StoreLayout,
  id: Digest,
  damaged: { readonly layers: readonly LayerName[]; readonly sharing: readonly Digest[] },
  ctx: ImageContext,
): Promise<void> {
  const record = readOrRebuildRecord(layout, id);
  if (record === null) throw noSource(id);
  const mark = markPending(layout);
  let { mapping } = ctx;
  try {
    await withNobodyUsing(layout, [id, ...damaged.sharing], () => {
      for (const name of damaged.layers) mapping = putAside(layout, name) ?? mapping;
    });
    if (!hasSource(layout, record)) throw noSource(id);
    const image = await openAgain(layout, record, shortDigest(id), [], { ...ctx, mapping });
    if (image.type === 'layers') closeSync(image.lock);
  } finally {
    for (const name of damaged.layers) await takeBack(layout, name);
    mark.done();
  }
}

async function withNobodyUsing(layout: StoreLayout, images: readonly Digest[], work: () => void): Promise<void> {
  const locks: number[] = [];
  try {
    for (const image of new Set(images)) {
      const lock = tryLockExisting(imageLockPath(layout, image), 'exclusive');
      if (lock === null) throw inUse(image);
      if (lock !== 'missing') locks.push(lock);
    }
    work();
  } finally {
    for (const lock of locks) unlock(lock);
  }
}

/** A registry may not answer any more: then the layers are taken back. */
const hasSource = (layout: StoreLayout, { sources, layers }: ImageRecord): boolean =>
  sources.some(isFromRegistry) ||
  sources.filter(isFromFile).some(({ path }) => findPath(path)?.path === path) ||
  layers.every(({ diffId }) => hasLayerTar(layout, diffId));

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
