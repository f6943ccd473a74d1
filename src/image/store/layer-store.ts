/**
 * Unpacked layers, each made once: whoever has the exclusive lock unpacks, everybody else waits and uses it.
 *
 * A layer is made as NAME.part, renamed, and believed only when its record says `complete`. A process that dies leaves an
 * incomplete record and a free lock; the next one, or the sweeper, clears both.
 */
import { existsSync, renameSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { UserNamespace } from '../../plan/host-facts.ts';
import type { Digest } from '../image.ts';
import { removeTree } from '../layer/apply-layer.ts';
import { presentMoment } from './durability.ts';
import {
  completeLayer,
  type LayerName,
  layerLockPath,
  layerName,
  layerPath,
  layerSplitPath,
  partialLayerPath,
  readLayerRecord,
  writeLayerRecord,
} from './layer-record.ts';
import type { StoreLayout } from './layout.ts';
import { downgradeLock, tryLock, unlock, waitLock } from './lock.ts';
import { unlinkIfThere } from './pending.ts';
import { storeError } from './store-error.ts';

export interface LayerRequest {
  readonly diffId: Digest;
  readonly chainId: Digest;
  readonly mapping: UserNamespace;
  readonly signal: AbortSignal;
  /** Makes the directory `target` and everything in it, and the split of its archive. */
  readonly unpack: (target: string, split: string) => Promise<{ readonly bytes: number; readonly entries: number }>;
}

export interface HeldLayer {
  readonly name: LayerName;
  readonly path: string;
  readonly how: 'unpacked' | 'already-there';
  /** Of file data. */
  readonly bytes: number;
  /** Shared flock: nobody removes the layer before an image record refers to it. */
  readonly lock: number;
}

/** The layer, unpacked by us, by another process meanwhile, or long ago. */
export async function ensureLayer(layout: StoreLayout, request: LayerRequest): Promise<HeldLayer> {
  const { chainId, mapping, signal } = request;
  const name = layerName(chainId, mapping);
  const lockPath = layerLockPath(layout, name);
  const path = layerPath(layout, name);
  let how: HeldLayer['how'] = 'already-there';
  for (;;) {
    const shared = await waitLock(lockPath, 'shared', signal);
    const there = completeLayer(layout, name, chainId);
    if (there !== null) return { name, path, how, bytes: there.bytes, lock: shared };
    unlock(shared);
    const exclusive = tryLock(lockPath, 'exclusive');
    if (exclusive === null) continue;
    try {
      if (completeLayer(layout, name, chainId) === null) {
        await unpackLayer(layout, name, request);
        how = 'unpacked';
      }
      // Downgrading lets go for an instant, in which the layer may be removed: it belongs to no image yet.
      const unpacked = downgradeLock(exclusive) ? completeLayer(layout, name, chainId) : null;
      if (unpacked !== null) return { name, path, how, bytes: unpacked.bytes, lock: exclusive };
    } catch (error) {
      unlock(exclusive);
      throw error;
    }
    unlock(exclusive);
  }
}

async function unpackLayer(layout: StoreLayout, name: LayerName, request: LayerRequest): Promise<void> {
  const { diffId, chainId, mapping } = request;
  await clearLayer(layout, name, mapping);
  const record = { version: 1, chainId, diffId, mapping } as const;
  writeLayerRecord(layout, name, { ...record, state: 'unpacking', bytes: 0, entries: 0, written: null });
  const partial = partialLayerPath(layout, name);
  try {
    const { bytes, entries } = await request.unpack(partial, layerSplitPath(layout, name));
    renameSync(partial, layerPath(layout, name));
    writeLayerRecord(layout, name, { ...record, state: 'complete', bytes, entries, written: presentMoment() });
  } catch (error) {
    throw storeError('cannot unpack a layer', error);
  }
}

/** Removes a layer, or what a dead process left of one. The caller holds the exclusive lock. */
export async function clearLayer(layout: StoreLayout, name: LayerName, mapping: UserNamespace): Promise<void> {
  const owner = readLayerRecord(layout, name)?.mapping ?? mapping;
  const partial = partialLayerPath(layout, name);
  if (existsSync(partial)) await removePartial(partial, owner);
  const isThere = existsSync(layerPath(layout, name));
  // Nobody believes a layer without its directory: one rename unmakes it, even on a full disk.
  if (isThere) renameSync(layerPath(layout, name), partial);
  for (const ending of ['', '.new', '.replaced']) unlinkIfThere(`${layerSplitPath(layout, name)}${ending}`);
  if (isThere) await removePartial(partial, owner);
}

/**
 * The kernel frees the locks of a killed process a moment before it kills the writer that died with it (do_exit: exit_files
 * before exit_notify), so a file may still appear in a directory that is being removed.
 */
async function removePartial(path: string, owner: UserNamespace): Promise<void> {
  for (let attempts = 5; ; attempts -= 1) {
    try {
      await removeTree(path, owner);
      return;
    } catch (error) {
      if (attempts === 0) throw error;
    }
    await delay(20);
  }
}
