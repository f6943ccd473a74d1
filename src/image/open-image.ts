/** From what a person typed to an image that can be mounted. */
import { closeSync, realpathSync } from 'node:fs';
import { unreadable } from './archive/unreadable.ts';
import { findPath, looksLikePath, type PathArgument, readStandardInput } from './argument.ts';
import type { ImageContext } from './context.ts';
import type { ReadyImage } from './image.ts';
import { recallArgument } from './store/argument-cache.ts';
import { findStored } from './store/find-stored.ts';
import { holdImage, type StoredImage } from './store/hold-image.ts';
import { type StoreLayout, storeLayout } from './store/layout.ts';
import { tidyStore } from './store/tidy.ts';

/**
 * Opens the image an argument means: a file, a directory, `-`, `-:NAME`, the name of a stored image or of one of a registry. Reads, checks,
 * unpacks and stores what is not stored yet.
 *
 * The result holds a lock (a file descriptor that the caller closes, or hands to whoever runs the container); until then the
 * image cannot be removed.
 *
 * @throws TsrunError IMAGE_NOT_FOUND, IMAGE_AMBIGUOUS, IMAGE_INVALID, IMAGE_UNSUPPORTED, IMAGE_PLATFORM, IMAGE_TOO_LARGE, STORE, REGISTRY,
 * REGISTRY_DENIED
 * @example const image = await openImage('alpine.tar', ctx)
 */
export async function openImage(argument: string, ctx: ImageContext): Promise<ReadyImage> {
  const layout = storeLayout(ctx.paths);
  await tidyStore(ctx.paths);
  const input = readStandardInput(argument);
  // Slow anyway; a warm start does not load it.
  if (input !== null) return (await import('./open-cold.ts')).openStandardInput(layout, input, ctx);
  const path = pathOf(argument);
  if (ctx.pull === 'always' && path === null) return openNamed(layout, argument, ctx);
  if (path !== null && looksLikePath(argument)) return openPath(layout, path, ctx);
  const stored = await openStored(layout, argument, ctx);
  if (stored !== null) return stored;
  if (path !== null) return openPath(layout, path, ctx);
  return openNamed(layout, argument, ctx);
}

/** A name of registries. What its alias stands for may be stored. */
async function openNamed(layout: StoreLayout, argument: string, ctx: ImageContext): Promise<ReadyImage> {
  const { openRemote, remoteArgument } = await import('./open-remote.ts');
  const name = remoteArgument(argument, ctx);
  const stored = name === argument || ctx.pull === 'always' ? null : await openStored(layout, name, ctx);
  return stored ?? (await openRemote(layout, name, ctx));
}

function pathOf(argument: string): PathArgument | null {
  try {
    return findPath(argument);
  } catch (error) {
    throw unreadable(argument, error);
  }
}

async function openPath(layout: StoreLayout, argument: PathArgument, ctx: ImageContext): Promise<ReadyImage> {
  const known = ctx.pull === 'always' ? null : await openKnownFile(layout, argument, ctx);
  if (known !== null) return known;
  const cold = await import('./open-cold.ts');
  return cold.openFile(layout, { ...argument, path: realpathSync(argument.path) }, ctx);
}

/** The image that the same file held the last time. */
async function openKnownFile(
  layout: StoreLayout,
  { stats, selector }: PathArgument,
  ctx: ImageContext,
): Promise<StoredImage | null> {
  const choice = recallArgument(layout, stats, { selector, platform: ctx.platform });
  if (choice === null) return null;
  const held = await holdImage(layout, choice.id, ctx.mapping, choice.names, ctx.signal);
  return held.type === 'ready' ? held.image : null;
}

async function openStored(layout: StoreLayout, argument: string, ctx: ImageContext): Promise<ReadyImage | null> {
  const found = findStored(layout, argument);
  if (found === null) return null;
  const held = await holdImage(layout, found.id, ctx.mapping, found.names, ctx.signal);
  if (held.type === 'missing') return null;
  if (held.type === 'ready') {
    if (ctx.platform !== null) await checkPlatform(held.image, argument, ctx.platform);
    return held.image;
  }
  return (await import('./open-stored.ts')).openAgain(layout, held.record, argument, found.names, ctx);
}

async function checkPlatform(image: StoredImage, argument: string, platform: string): Promise<void> {
  try {
    (await import('./open-stored.ts')).checkPlatform(image.config, argument, platform);
  } catch (error) {
    closeSync(image.lock);
    throw error;
  }
}
