/** From an opened archive to stored images: the part that `run` and `load` share. */
import { TsrunError } from '../errors/tsrun-error.ts';
import type { ArchiveImage, FoundImage } from './archive/found-image.ts';
import type { OpenedArchive } from './archive/open-archive.ts';
import type { ImageContext } from './context.ts';
import { shortDigest } from './digest.ts';
import { referencesOf } from './naming.ts';
import { parsePlatform } from './platform.ts';
import type { Reference } from './reference.ts';
import { nameFromFile } from './rootfs/name-from-file.ts';
import type { NamePolicy } from './store/claim-names.ts';
import type { StoredImage } from './store/hold-image.ts';
import type { FileSource } from './store/image-record.ts';
import type { StoreLayout } from './store/layout.ts';
import { type ImageNaming, storeImage } from './store/store-image.ts';
import { storeRootfs } from './store/store-rootfs.ts';
import { unpackLayers } from './store/unpack-layers.ts';

/** Where an archive came from (null: standard input), and what becomes of its names. */
export interface Origin {
  readonly source: FileSource | null;
  readonly policy: NamePolicy;
}

export interface NamedImage {
  readonly image: StoredImage;
  readonly names: readonly Reference[];
}

/** Reads, checks, unpacks and stores one image of an archive. */
export async function storeFound(
  layout: StoreLayout,
  found: FoundImage,
  origin: Origin,
  ctx: ImageContext,
): Promise<NamedImage> {
  const names = referencesOf(found.names, origin.source?.path ?? null);
  const image = await found.read(ctx.platform === null ? null : parsePlatform(ctx.platform));
  return { image: await storeNamed(layout, image, { names, ...origin }, ctx), names };
}

/** Unpacks and stores an image whose documents are read, from wherever. */
export async function storeNamed(
  layout: StoreLayout,
  image: ArchiveImage,
  naming: ImageNaming,
  ctx: ImageContext,
): Promise<StoredImage> {
  const layers = image.layers.map(({ diffId, size }) => ({ name: shortDigest(diffId), bytes: size }));
  ctx.onProgress({ type: 'start', layers });
  const unpack = () => unpackLayers(layout, image.layers, ctx);
  const stored = await storeImage(layout, image, naming, unpack, ctx.signal);
  ctx.onProgress({ type: 'done' });
  return stored;
}

/** The same for a root filesystem, which is one image and takes its name from its file. */
export async function storeRootfsTar(
  layout: StoreLayout,
  rootfs: Extract<OpenedArchive, { type: 'rootfs-tar' }>,
  origin: Origin,
  ctx: ImageContext,
): Promise<NamedImage> {
  const { source } = origin;
  if (source?.selector) throw selectorOfRootfs(source.path, source.selector);
  const name = source === null ? null : nameFromFile(source.path);
  const names = name === null ? [] : [name];
  ctx.onProgress({ type: 'start', layers: [{ name: 'root filesystem', bytes: rootfs.size ?? 0 }] });
  const image = await storeRootfs(layout, rootfs, { names, ...origin }, ctx);
  ctx.onProgress({ type: 'done' });
  return { image, names };
}

/** A root filesystem has no names to choose by. */
export const selectorOfRootfs = (path: string, selector: string): TsrunError =>
  new TsrunError('IMAGE_NOT_FOUND', `cannot find the image "${selector}" in "${path}"`, {
    why: 'it is a root filesystem, which has no names',
    hint: `leave out ":${selector}"`,
  });
