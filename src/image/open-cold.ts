/** The slow roads of `openImage`: everything that reads an archive. */
import { chooseImage } from './archive/choose-image.ts';
import { openArchive } from './archive/open-archive.ts';
import { selectorOfRootfs, storeFound, storeRootfsTar } from './archive-images.ts';
import type { PathArgument, StandardInputArgument } from './argument.ts';
import type { ImageContext } from './context.ts';
import type { ReadyImage } from './image.ts';
import { prepareStore } from './prepare-store.ts';
import { rememberFile } from './remember-file.ts';
import { guessArchitecture } from './rootfs/guess-architecture.ts';
import { syntheticConfig } from './rootfs/synthetic-config.ts';
import { sayWhich } from './say-which.ts';
import { openStandardInputArchive } from './standard-input.ts';
import type { StoreLayout } from './store/layout.ts';

/** Reads a file or directory that exists. `path` is absolute and without symbolic links. */
export const openFile = (layout: StoreLayout, argument: PathArgument, ctx: ImageContext): Promise<ReadyImage> =>
  sayWhich(argument.typed, () => readFile(layout, argument, ctx));

async function readFile(layout: StoreLayout, argument: PathArgument, ctx: ImageContext): Promise<ReadyImage> {
  const { path, typed, selector } = argument;
  const remember = rememberFile(layout, argument, ctx.platform);
  prepareStore(layout);
  const archive = await openArchive(path, typed, { layout, limits: ctx.limits, signal: ctx.signal });
  try {
    if (archive.type === 'rootfs-directory') {
      if (selector !== null) throw selectorOfRootfs(typed, selector);
      return { type: 'directory', path, config: syntheticConfig(guessArchitecture(path)) };
    }
    const origin = { source: { path, selector }, policy: 'if-free' } as const;
    const named =
      archive.type === 'rootfs-tar'
        ? await storeRootfsTar(layout, archive, origin, ctx)
        : await storeFound(layout, chooseImage(archive.images, typed, selector), origin, ctx);
    remember(named);
    return named.image;
  } finally {
    await archive.close();
  }
}

/** Reads the argument `-`, or one image of it. */
export const openStandardInput = (
  layout: StoreLayout,
  argument: StandardInputArgument,
  ctx: ImageContext,
): Promise<ReadyImage> => sayWhich('-', () => readStandardInput(layout, argument, ctx));

async function readStandardInput(
  layout: StoreLayout,
  { selector }: StandardInputArgument,
  ctx: ImageContext,
): Promise<ReadyImage> {
  prepareStore(layout);
  const archive = await openStandardInputArchive(layout, ctx);
  const origin = { source: null, policy: 'if-free' } as const;
  try {
    if (archive.type === 'rootfs-tar' && selector !== null) throw selectorOfRootfs('-', selector);
    const { image } =
      archive.type === 'rootfs-tar'
        ? await storeRootfsTar(layout, archive, origin, ctx)
        : await storeFound(layout, chooseImage(archive.images, '-', selector), origin, ctx);
    return image;
  } finally {
    await archive.close();
  }
}
