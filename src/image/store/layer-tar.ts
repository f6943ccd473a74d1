/** The archive of a stored layer: what saving, pushing, checking and other id mappings need, while no compressed blob is kept. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { TsrunError } from '../../errors/tsrun-error.ts';
import { shortDigest } from '../digest.ts';
import type { Digest } from '../image.ts';
import { archiveSize } from '../layer/split/read-split.ts';
import { type FileFault, rebuildTar } from '../layer/split/rebuild-tar.ts';
import { printable } from '../layer/tar/bytes.ts';
import { listLayers } from './free-layers.ts';
import {
  completeLayer,
  type LayerName,
  type LayerRecord,
  layerLockPath,
  layerPath,
  layerSplitPath,
  readLayerRecord,
} from './layer-record.ts';
import type { StoreLayout } from './layout.ts';
import { tryLockExisting, unlock } from './lock.ts';

/** A layer whose archive can be written again. */
export interface SplitLayer {
  readonly name: LayerName;
  readonly record: LayerRecord;
}

/** Stored layers that are the content `diffId`, over whatever and for whatever ids, and have a split. */
export function splitLayers(layout: StoreLayout, diffId: Digest): readonly SplitLayer[] {
  return listLayers(layout).flatMap((name) => {
    const seen = readLayerRecord(layout, name);
    if (seen?.diffId !== diffId || seen.chainId === null) return [];
    const record = completeLayer(layout, name, seen.chainId);
    return record !== null && existsSync(layerSplitPath(layout, name)) ? [{ name, record }] : [];
  });
}

/** Whether {@link openLayerTar} has something to read. */
export const hasLayerTar = (layout: StoreLayout, diffId: Digest): boolean => splitLayers(layout, diffId).length > 0;

/**
 * The uncompressed archive of a layer, byte for byte as it was loaded or pulled. It rejects at its end when its digest is not the
 * diff id. The layer is not removed meanwhile.
 *
 * @throws TsrunError STORE when the layer is not there, was unpacked by a tsrun that did not keep what its archive takes, or a file of it
 * has changed; ABORTED
 * @example for await (const chunk of openLayerTar(layout, diffId, signal)) socket.write(chunk)
 */
export async function* openLayerTar(layout: StoreLayout, diffId: Digest, signal: AbortSignal): AsyncGenerator<Buffer> {
  const [layer] = splitLayers(layout, diffId);
  if (layer === undefined) throw noTar(diffId);
  const lock = tryLockExisting(layerLockPath(layout, layer.name), 'shared');
  if (lock === null || lock === 'missing') throw noTar(diffId);
  try {
    const hash = createHash('sha256');
    const onFault = (fault: FileFault): never => {
      throw faulty(diffId, fault);
    };
    for await (const chunk of rebuildTar({ ...treeOf(layout, layer), signal, onFault })) {
      hash.update(chunk);
      yield chunk;
    }
    if (`sha256:${hash.digest('hex')}` !== diffId) throw otherDigest(diffId);
  } finally {
    unlock(lock);
  }
}

/**
 * How long that archive is.
 * @throws TsrunError STORE when it cannot be written again
 */
export async function layerTarSize(layout: StoreLayout, diffId: Digest): Promise<number> {
  const [layer] = splitLayers(layout, diffId);
  if (layer === undefined) throw noTar(diffId);
  return archiveSize(layerSplitPath(layout, layer.name));
}

/** What {@link rebuildTar} needs of it. */
export const treeOf = (layout: StoreLayout, { name, record }: SplitLayer) => ({
  directory: layerPath(layout, name),
  split: layerSplitPath(layout, name),
  mapping: record.mapping,
});

const noTar = (diffId: Digest): TsrunError =>
  new TsrunError('STORE', `cannot write the archive of the layer ${shortDigest(diffId)} again`, {
    why: 'it was unpacked by an older tsrun, which did not keep what that takes, or has gone',
    hint: 'load or pull the image again after "tsrun rmi"',
  });

const damagedHint = '"tsrun image verify --repair" says what else is wrong and unpacks it again';

const faulty = (diffId: Digest, { path, fault }: FileFault): TsrunError =>
  new TsrunError('STORE', `cannot write the archive of the layer ${shortDigest(diffId)} again`, {
    why: `its file "${printable(path)}" ${faultWords(fault)}`,
    hint: damagedHint,
  });

/** What is wrong with a file, as the end of a sentence. */
export function faultWords(fault: FileFault['fault']): string {
  switch (fault) {
    case 'missing':
      return 'is missing';
    case 'no-file':
      return 'is no regular file';
    case 'other-size':
      return 'has another size';
    case 'other-contents':
      return 'holds something else';
    default:
      return `cannot be read (${fault.errno})`;
  }
}

const otherDigest = (diffId: Digest): TsrunError =>
  new TsrunError('STORE', `cannot write the archive of the layer ${shortDigest(diffId)} again`, {
    why: 'what is kept of its headers has changed',
    hint: damagedHint,
  });
