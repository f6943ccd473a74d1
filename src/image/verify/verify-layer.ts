/** One unpacked layer against the digest of the archive it came from. */
import { createHash } from 'node:crypto';
import { TsrunError } from '../../errors/tsrun-error.ts';
import { type FileFault, rebuildTar } from '../layer/split/rebuild-tar.ts';
import { printable } from '../layer/tar/bytes.ts';
import { layerLockPath } from '../store/layer-record.ts';
import { faultWords, type SplitLayer, treeOf } from '../store/layer-tar.ts';
import type { StoreLayout } from '../store/layout.ts';
import { tryLockExisting, unlock } from '../store/lock.ts';

/** What is wrong, a line each: `"etc/passwd" holds something else`. */
export type LayerFaults = readonly string[];

/** So many files of one layer are named; a layer whose disk is broken may have all of them wrong. */
const MAX_NAMED = 20;

/**
 * Reads every file of the layer. Owners, modes and times are not compared: only what files hold, and what is kept of the archive's
 * headers.
 *
 * @returns none: the archive written again has the layer's diff id; null: the layer went meanwhile
 */
export async function verifyLayer(
  layout: StoreLayout,
  layer: SplitLayer,
  signal: AbortSignal,
): Promise<LayerFaults | null> {
  const lock = tryLockExisting(layerLockPath(layout, layer.name), 'shared');
  if (lock === null || lock === 'missing') return null;
  const faults: FileFault[] = [];
  const hash = createHash('sha256');
  try {
    const onFault = (fault: FileFault): void => {
      faults.push(fault);
    };
    for await (const chunk of rebuildTar({ ...treeOf(layout, layer), signal, onFault })) hash.update(chunk);
  } catch (error) {
    if (!(error instanceof TsrunError) || error.code !== 'STORE') throw error;
    return [`${error.message}: ${error.why ?? 'it is damaged'}`];
  } finally {
    unlock(lock);
  }
  const named = faults.slice(0, MAX_NAMED).map(({ path, fault }) => `"${printable(path)}" ${faultWords(fault)}`);
  if (faults.length > MAX_NAMED) return [...named, `and ${faults.length - MAX_NAMED} more files`];
  if (faults.length > 0) return named;
  return `sha256:${hash.digest('hex')}` === layer.record.diffId ? [] : ['what is kept of its headers has changed'];
}
