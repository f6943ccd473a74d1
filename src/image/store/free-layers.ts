/** Removes layers that no image refers to. */
import { readdirSync } from 'node:fs';
import { listImageIds } from './image-record.ts';
import { type LayerName, layerLockPath, layerRecordPath, listedLayerName, readLayerRecord } from './layer-record.ts';
import { clearLayer } from './layer-store.ts';
import type { StoreLayout } from './layout.ts';
import { tryLockExisting, unlock } from './lock.ts';
import { unlinkIfThere } from './pending.ts';
import { readOrRebuildRecord } from './rebuild-record.ts';
import { isSystemError } from './store-error.ts';

/** Every layer directory, complete or not, whatever its id mapping. */
export function listLayers(layout: StoreLayout): readonly LayerName[] {
  try {
    return readdirSync(layout.layers).flatMap((name) =>
      name.endsWith('.lock') ? [listedLayerName(name.slice(0, -'.lock'.length))] : [],
    );
  } catch (error) {
    if (isSystemError(error) && error.code === 'ENOENT') return [];
    throw error;
  }
}

/** `unfinished`: a whole one may stay without an image, for a pull that broke off and comes again. */
export type Unwanted = 'without-image' | 'unfinished';

/**
 * Removes those of the layers that are neither in an image nor in use. Loading holds a shared lock on a layer from the moment
 * it is found until an image record refers to it, so the records are read after the locks are taken.
 *
 * @returns bytes that were freed
 */
export async function freeLayers(
  layout: StoreLayout,
  names: readonly LayerName[],
  unwanted: Unwanted = 'without-image',
): Promise<number> {
  const locked: { readonly name: LayerName; readonly fd: number }[] = [];
  let freed = 0;
  try {
    for (const name of names) {
      const fd = tryLockExisting(layerLockPath(layout, name), 'exclusive');
      if (fd !== null && fd !== 'missing') locked.push({ name, fd });
    }
    const needed = new Set(
      listImageIds(layout).flatMap((id) => readOrRebuildRecord(layout, id)?.layers.map((layer) => layer.chainId) ?? []),
    );
    for (const { name } of locked) {
      const record = readLayerRecord(layout, name);
      const isWhole = record?.state === 'complete' && record.chainId !== null;
      if (isWhole && (unwanted === 'unfinished' || needed.has(record.chainId))) continue;
      await clearLayer(layout, name, record?.mapping ?? { type: 'host' });
      unlinkIfThere(layerRecordPath(layout, name));
      unlinkIfThere(layerLockPath(layout, name));
      freed += record?.bytes ?? 0;
    }
  } finally {
    for (const { fd } of locked) unlock(fd);
  }
  return freed;
}
