/** `tsrun load`: into the store without running anything. */
import { closeSync, realpathSync } from 'node:fs';
import { TsrunError } from '../errors/tsrun-error.ts';
import { chooseImage } from './archive/choose-image.ts';
import { type FoundImage, selectorOf } from './archive/found-image.ts';
import { type OpenedArchive, openArchive } from './archive/open-archive.ts';
import { type NamedImage, type Origin, storeFound, storeRootfsTar } from './archive-images.ts';
import { findPath, type PathArgument, readStandardInput } from './argument.ts';
import type { ImageContext } from './context.ts';
import { type ImageSummary, summaryOf } from './list-images.ts';
import { notFound } from './not-found.ts';
import { prepareStore } from './prepare-store.ts';
import { rememberFile } from './remember-file.ts';
import { sayWhich } from './say-which.ts';
import { openStandardInputArchive } from './standard-input.ts';
import { syncStore } from './store/durability.ts';
import { type StoreLayout, storeLayout } from './store/layout.ts';
import { tidyStore } from './store/tidy.ts';

/**
 * Stores the image of a file, a directory or `-`; all of them when it holds several and none is chosen. Names move from the
 * images that had them, as with `docker load`.
 *
 * @returns the stored images with the names this file gave them
 * @throws TsrunError as `openImage`
 */
export const loadImage = (argument: string, ctx: ImageContext): Promise<readonly ImageSummary[]> =>
  sayWhich(argument, () => load(argument, ctx));

async function load(argument: string, ctx: ImageContext): Promise<readonly ImageSummary[]> {
  const layout = storeLayout(ctx.paths);
  await tidyStore(ctx.paths);
  const input = readStandardInput(argument);
  const path = input === null ? absolute(findPath(argument)) : null;
  if (path === null && input === null) throw notFound(layout, argument, null);
  prepareStore(layout);
  const remember = path === null ? null : rememberFile(layout, path, ctx.platform);
  const needs = { layout, limits: ctx.limits, signal: ctx.signal };
  const archive =
    path === null ? await openStandardInputArchive(layout, ctx) : await openArchive(path.path, path.typed, needs);
  try {
    const source = path === null ? null : { path: path.path, selector: path.selector };
    const origin = { source, policy: 'take' } as const;
    const selector = (path ?? input)?.selector ?? null;
    const loaded = await storeAll(layout, archive, { typed: path?.typed ?? '-', selector }, origin, ctx);
    for (const { image } of loaded) closeSync(image.lock);
    const [only, ...others] = loaded;
    if (only !== undefined && others.length === 0) remember?.(only);
    // What came from a file is unpacked again after a power cut; what came through a pipe would be lost.
    if (path === null) await syncStore(layout);
    return loaded.map(({ image, names }) => summaryOf(layout, image.id, names));
  } finally {
    await archive.close();
  }
}

const absolute = (argument: PathArgument | null): PathArgument | null =>
  argument === null ? null : { ...argument, path: realpathSync(argument.path) };

async function storeAll(
  layout: StoreLayout,
  archive: OpenedArchive,
  { typed: name, selector }: Pick<PathArgument, 'typed' | 'selector'>,
  origin: Origin,
  ctx: ImageContext,
): Promise<readonly NamedImage[]> {
  if (archive.type === 'rootfs-tar') return [await storeRootfsTar(layout, archive, origin, ctx)];
  if (archive.type === 'rootfs-directory') {
    throw new TsrunError('IMAGE_UNSUPPORTED', `cannot load the directory "${name}"`, {
      why: 'it is a root filesystem, which is used where it is',
      hint: `tsrun run ${name}, or make a tar of it first`,
    });
  }
  if (selector !== null) return [await storeFound(layout, chooseImage(archive.images, name, selector), origin, ctx)];
  const loaded: NamedImage[] = [];
  try {
    for (const found of archive.images)
      loaded.push(await storeFound(layout, found, selecting(origin, found, archive.images), ctx));
  } catch (error) {
    for (const { image } of loaded) closeSync(image.lock);
    throw error;
  }
  if (loaded.length === 0) chooseImage(archive.images, name, null);
  return loaded;
}

/** Where one of several images is found again. */
function selecting(origin: Origin, found: FoundImage, all: readonly FoundImage[]): Origin {
  const { source } = origin;
  return source === null || all.length === 1
    ? origin
    : { ...origin, source: { ...source, selector: selectorOf(found) } };
}
