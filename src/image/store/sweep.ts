/** Clears away what killed processes left half done in the store. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Paths } from '../../host/paths.ts';
import { digestHex, digestOfHex } from '../digest.ts';
import { forgetUnfinishedImage } from './forget-image.ts';
import { freeLayers, listLayers } from './free-layers.ts';
import { documentsOf, hasImageRecord, listImageIds } from './image-record.ts';
import { takeAllBack } from './layer-aside.ts';
import { type StoreLayout, storeLayout } from './layout.ts';
import { tryLockExisting, unlock } from './lock.ts';
import { listNames, removeName } from './names.ts';
import { type DeadMark, deadMarks, hasOtherMarks, unlinkIfThere } from './pending.ts';
import { readOrRebuildRecord } from './rebuild-record.ts';

/**
 * Brings the store back to a consistent state after a kill: layers half unpacked, layers that belong to no image, files half
 * written. Costs one readdir when nothing died; several processes may do it at once. What a living process works on stays.
 *
 * @returns whether there was anything to do
 */
export async function sweepStore(paths: Paths): Promise<boolean> {
  const layout = storeLayout(paths);
  const dead = deadMarks(layout);
  if (dead.length === 0) return false;
  sweepTemporary(layout);
  sweepImages(layout);
  if (!hasOtherMarks(layout, dead)) await takeAllBack(layout);
  await freeLayers(layout, listLayers(layout));
  sweepBlobs(layout, dead);
  for (const mark of dead) mark.forget();
  return true;
}

function sweepTemporary(layout: StoreLayout): void {
  for (const name of readdirSync(layout.temporary)) {
    const path = join(layout.temporary, name);
    const fd = tryLockExisting(path, 'exclusive');
    if (fd === null || fd === 'missing') continue;
    unlinkIfThere(path);
    unlock(fd);
  }
}

/** Locks and configs of images that were never finished or were half removed, and names that lead nowhere. */
function sweepImages(layout: StoreLayout): void {
  for (const file of readdirSync(layout.images)) {
    const hex = /^([0-9a-f]{64})[.]lock$/.exec(file)?.[1];
    if (hex !== undefined) forgetUnfinishedImage(layout, digestOfHex(hex));
  }
  for (const { name, id } of listNames(layout)) {
    if (!hasImageRecord(layout, id)) removeName(layout, name);
  }
}

/**
 * Documents that no record refers to. A load writes them just before its record, so this waits for a moment when nobody loads.
 */
function sweepBlobs(layout: StoreLayout, dead: readonly DeadMark[]): void {
  const blobs = readdirSync(layout.blobs);
  if (hasOtherMarks(layout, dead)) return;
  const records = listImageIds(layout).flatMap((id) => readOrRebuildRecord(layout, id) ?? []);
  const needed = new Set(records.flatMap(documentsOf).map(digestHex));
  for (const name of blobs) if (!needed.has(name)) unlinkIfThere(join(layout.blobs, name));
}
