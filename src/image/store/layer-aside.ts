/**
 * A damaged layer, put aside until it was had again: NAME.aside, its split NAME.aside.split and its record NAME.aside.json. Whatever
 * fails meanwhile, the layer is what it was before, and may still be of use.
 */
import { existsSync, readdirSync, renameSync } from 'node:fs';
import { TsrunError } from '../../errors/tsrun-error.ts';
import type { UserNamespace } from '../../plan/host-facts.ts';
import { removeTree } from '../layer/remove-tree.ts';
import {
  completeLayer,
  type LayerName,
  layerLockPath,
  layerPath,
  layerRecordPath,
  layerSplitPath,
  listedLayerName,
  readLayerRecord,
} from './layer-record.ts';
import { clearLayer } from './layer-store.ts';
import type { StoreLayout } from './layout.ts';
import { tryLock, tryLockExisting, unlock } from './lock.ts';
import { unlinkIfThere } from './pending.ts';

const aside = (name: LayerName): LayerName => listedLayerName(`${name}.aside`);

/**
 * The caller has left a mark.
 *
 * @returns whose ids own it; null: it has gone before
 * @throws TsrunError IMAGE_IN_USE
 */
export function putAside(layout: StoreLayout, name: LayerName): UserNamespace | null {
  const lock = tryLockExisting(layerLockPath(layout, name), 'exclusive');
  if (lock === 'missing') return null;
  if (lock === null) throw new TsrunError('IMAGE_IN_USE', 'cannot repair a layer', { why: 'another command uses it' });
  try {
    const mapping = readLayerRecord(layout, name)?.mapping ?? null;
    // The record first: nobody believes a layer without one.
    move(layout, name, aside(name), [layerRecordPath, layerPath, layerSplitPath]);
    return mapping;
  } finally {
    unlock(lock);
  }
}

/** What was put aside is a layer again, unless there is a whole one in its place: then it goes. */
export async function takeBack(layout: StoreLayout, name: LayerName): Promise<void> {
  const record = readLayerRecord(layout, aside(name));
  if (record === null) return;
  const lock = tryLock(layerLockPath(layout, name), 'exclusive');
  if (lock === null) return;
  try {
    const isThere = record.chainId !== null && completeLayer(layout, name, record.chainId) !== null;
    if (!isThere) {
      // What came of it is half a layer; but before `putAside` moved the tree, it is the tree.
      if (existsSync(layerPath(layout, aside(name)))) await clearLayer(layout, name, record.mapping);
      move(layout, aside(name), name, [layerSplitPath, layerPath, layerRecordPath]);
      return;
    }
    await removeTree(layerPath(layout, aside(name)), record.mapping);
    unlinkIfThere(layerSplitPath(layout, aside(name)));
    unlinkIfThere(layerRecordPath(layout, aside(name)));
  } finally {
    unlock(lock);
  }
}

/** What a command that was killed had put aside. */
export async function takeAllBack(layout: StoreLayout): Promise<void> {
  for (const file of readdirSync(layout.layers)) {
    const name = /^(.+)[.]aside[.]json$/.exec(file)?.[1];
    if (name !== undefined) await takeBack(layout, listedLayerName(name));
  }
}

function move(
  layout: StoreLayout,
  from: LayerName,
  to: LayerName,
  paths: readonly ((layout: StoreLayout, name: LayerName) => string)[],
): void {
  for (const path of paths) if (existsSync(path(layout, from))) renameSync(path(layout, from), path(layout, to));
}
