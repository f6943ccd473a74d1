/** Clears away what killed processes left half done in the store. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Paths } from '../../host/paths.ts';
import { freeLayers, listLayers } from './free-layers.ts';
import { type StoreLayout, storeLayout } from './layout.ts';
import { tryLockExisting, unlock } from './lock.ts';
import { deadMarks, unlinkIfThere } from './pending.ts';

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
  await freeLayers(layout, listLayers(layout));
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
