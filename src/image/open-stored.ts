/** A stored image whose layers are not there for the ids asked for, or that is for another platform than asked. */
import { closeSync, readFileSync } from 'node:fs';
import { TsrunError } from '../errors/tsrun-error.ts';
import { choosePlatform } from './archive/choose-platform.ts';
import { findPath } from './argument.ts';
import type { ImageContext } from './context.ts';
import { sha256, shortDigest } from './digest.ts';
import type { ImageConfig, ReadyImage } from './image.ts';
import { openFile } from './open-cold.ts';
import { parsePlatform } from './platform.ts';
import { prepareStore } from './prepare-store.ts';
import { familiarName, type Reference } from './reference.ts';
import type { StoredImage } from './store/hold-image.ts';
import { blobPath, type ImageRecord, isFromFile, isFromRegistry } from './store/image-record.ts';
import { hasLayerTar, layerTarSize, openLayerTar } from './store/layer-tar.ts';
import type { StoreLayout } from './store/layout.ts';
import { isSystemError } from './store/store-error.ts';
import { storeImage } from './store/store-image.ts';
import { unpackLayers } from './store/unpack-layers.ts';

/** A stored image has one platform: refuses when another was asked for. */
export function checkPlatform(config: ImageConfig, name: string, platform: string): void {
  choosePlatform([{ platform: config }], parsePlatform(platform), name);
}

/** Unpacks a stored image again, from its own layers or where it came from, for another user namespace. */
export async function openAgain(
  layout: StoreLayout,
  record: ImageRecord,
  name: string,
  names: readonly Reference[],
  ctx: ImageContext,
): Promise<ReadyImage> {
  const configBytes = readConfig(layout, record);
  if (configBytes !== null && record.layers.every(({ diffId }) => hasLayerTar(layout, diffId))) {
    return { ...(await unpackAgain(layout, record, configBytes, ctx)), names: names.map(familiarName) };
  }
  const platform = ctx.platform ?? `${record.config.os}/${record.config.architecture || 'amd64'}`;
  for (const { path, selector } of record.sources.filter(isFromFile)) {
    const argument = findPath(path);
    if (argument?.path !== path || !argument.stats.isFile()) continue;
    const image = await openFile(layout, { ...argument, selector }, { ...ctx, platform });
    if (image.type === 'layers' && image.id === record.id) return image;
  }
  const [registry] = ctx.pull === 'never' ? [] : record.sources.filter(isFromRegistry);
  if (registry !== undefined) {
    const { openPulled } = await import('./open-remote.ts');
    const image = await openPulled(layout, `${registry.repository}@${registry.digest}`, { ...ctx, platform });
    if (image.id === record.id) return image;
    closeSync(image.lock);
  }
  throw new TsrunError('STORE', `cannot use the stored image "${name}"`, {
    why: 'its layers were unpacked for other user ids by an older tsrun, or lost to a power cut, and what it came from is gone or has changed',
    hint: 'give the image file instead of the name, once, or pull it again',
  });
}

/** null: it is not what it was. */
function readConfig(layout: StoreLayout, { id }: ImageRecord): Uint8Array | null {
  try {
    const bytes = readFileSync(blobPath(layout, id));
    return sha256(bytes) === id ? bytes : null;
  } catch (error) {
    if (isSystemError(error)) return null;
    throw error;
  }
}

/** The archives that its layers came from, written again. */
async function unpackAgain(
  layout: StoreLayout,
  record: ImageRecord,
  configBytes: Uint8Array,
  ctx: ImageContext,
): Promise<StoredImage> {
  prepareStore(layout);
  const { id, config } = record;
  const layers = await Promise.all(
    record.layers.map(async ({ diffId, chainId }) => ({
      diffId,
      chainId,
      size: await layerTarSize(layout, diffId),
      open: () => openLayerTar(layout, diffId, ctx.signal),
    })),
  );
  ctx.onProgress({
    type: 'start',
    layers: layers.map(({ diffId, size }) => ({ name: shortDigest(diffId), bytes: size })),
  });
  const image = { id, config, configBytes, manifest: null, layers };
  const naming = { names: [], policy: 'if-free', source: null } as const;
  const stored = await storeImage(layout, image, naming, () => unpackLayers(layout, layers, ctx), ctx.signal);
  ctx.onProgress({ type: 'done' });
  return stored;
}
