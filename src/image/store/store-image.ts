/** Puts an image into the store: layers first, the record that makes them an image last. */
import { TsrunError } from '../../errors/tsrun-error.ts';
import type { Digest, ImageConfig } from '../image.ts';
import { familiarName, type Reference } from '../reference.ts';
import { claimNames, type NamePolicy } from './claim-names.ts';
import { startSync } from './durability.ts';
import { forgetUnfinishedImage } from './forget-image.ts';
import { freeLayers, listLayers } from './free-layers.ts';
import type { StoredImage } from './hold-image.ts';
import {
  blobPath,
  type ImageSource,
  imageLockPath,
  isFromFile,
  isFromRegistry,
  type LayerOfImage,
  writeImageRecord,
} from './image-record.ts';
import { writeAtomically } from './json-file.ts';
import type { StoreLayout } from './layout.ts';
import { unlock, waitLock } from './lock.ts';
import { markPending } from './pending.ts';
import { readOrRebuildRecord } from './rebuild-record.ts';
import type { HeldLayers } from './unpack-layers.ts';

/** What is known of an image before its layers are unpacked. */
export interface ImageDescription {
  readonly id: Digest;
  readonly configBytes: Uint8Array;
  readonly config: ImageConfig;
  readonly manifest: { readonly digest: Digest; readonly bytes: Uint8Array } | null;
  readonly layers: readonly LayerOfImage[];
}

export interface ImageNaming {
  readonly names: readonly Reference[];
  readonly policy: NamePolicy;
  /** null: it was read from standard input, or made here. */
  readonly source: ImageSource | null;
}

/** Keeps only the newest few files an image was read from. */
const maxSources = 4;
/** A registry's name for an image is asked for by its digest, so more of them are kept. */
const maxRegistries = 16;

/**
 * Stores the image and holds it as a warm start would.
 *
 * @param unpack makes the layers, or finds them
 */
export async function storeImage(
  layout: StoreLayout,
  image: ImageDescription,
  naming: ImageNaming,
  unpack: () => Promise<HeldLayers>,
  signal: AbortSignal,
): Promise<StoredImage> {
  const mark = markPending(layout);
  try {
    const lock = await waitLock(imageLockPath(layout, image.id), 'shared', signal);
    try {
      const layers = await unpack();
      try {
        writeRecords(layout, image, naming, layers.bytes);
      } finally {
        layers.release();
      }
      if (layers.isNew) startSync(layout);
      const { id, config } = image;
      return { type: 'layers', id, names: naming.names.map(familiarName), config, layers: layers.paths, lock };
    } catch (error) {
      unlock(lock);
      forgetUnfinishedImage(layout, image.id);
      await freeLayers(layout, listLayers(layout), isWorthAnotherTry(naming, error) ? 'unfinished' : 'without-image');
      throw error;
    }
  } finally {
    mark.done();
  }
}

/** A pull that was interrupted, or broken by the registry: the next one does not fetch again what came whole. `image prune` frees it too. */
const isWorthAnotherTry = ({ source }: ImageNaming, error: unknown): boolean =>
  source !== null &&
  isFromRegistry(source) &&
  error instanceof TsrunError &&
  (error.code === 'ABORTED' || error.code === 'REGISTRY');

function writeRecords(layout: StoreLayout, image: ImageDescription, naming: ImageNaming, bytes: number): void {
  const old = readOrRebuildRecord(layout, image.id);
  // One manifest for each image: the same layers compressed anew are no other image, and removing finds all blobs.
  const manifest = old?.manifest ?? image.manifest?.digest ?? null;
  writeAtomically(layout, blobPath(layout, image.id), image.configBytes);
  if (image.manifest !== null && image.manifest.digest === manifest) {
    writeAtomically(layout, blobPath(layout, manifest), image.manifest.bytes);
  }
  writeImageRecord(layout, {
    version: 1,
    id: image.id,
    manifest,
    config: image.config,
    layers: image.layers.map(({ diffId, chainId }) => ({ diffId, chainId })),
    bytes,
    stored: old?.stored ?? new Date().toISOString(),
    sources: mergeSources(naming.source, old?.sources ?? []),
  });
  claimNames(layout, image.id, naming);
}

/** The newest place first, and not too many of them. */
export function mergeSources(source: ImageSource | null, old: readonly ImageSource[]): readonly ImageSource[] {
  if (source === null) return old;
  const all = [source, ...old.filter((other) => !isSamePlace(other, source))];
  const files = all.filter(isFromFile).slice(0, maxSources);
  const registries = all.filter(isFromRegistry).slice(0, maxRegistries);
  return all.filter((one) => (isFromRegistry(one) ? registries.includes(one) : files.includes(one)));
}

function isSamePlace(a: ImageSource, b: ImageSource): boolean {
  if (isFromRegistry(a)) return isFromRegistry(b) && a.repository === b.repository && a.digest === b.digest;
  return !isFromRegistry(b) && a.path === b.path && a.selector === b.selector;
}
