/** The slow roads of `openImage`: everything that reads an archive. */
import { statSync } from 'node:fs';
import { TsrunError } from '../errors/tsrun-error.ts';
import { chooseImage } from './archive/choose-image.ts';
import { type OpenedArchive, openArchive, openStream } from './archive/open-archive.ts';
import type { PathArgument } from './argument.ts';
import type { ImageContext } from './context.ts';
import type { ReadyImage } from './image.ts';
import { referencesOf } from './naming.ts';
import { parsePlatform } from './platform.ts';
import { guessArchitecture } from './rootfs/guess-architecture.ts';
import { nameFromFile } from './rootfs/name-from-file.ts';
import { syntheticConfig } from './rootfs/synthetic-config.ts';
import { rememberArgument } from './store/argument-cache.ts';
import type { StoredImage } from './store/hold-image.ts';
import type { ImageSource } from './store/image-record.ts';
import { makeStore, type StoreLayout } from './store/layout.ts';
import { storeError } from './store/store-error.ts';
import { storeRootfs } from './store/store-rootfs.ts';
import { storeFound } from './store-found.ts';

/** A file or directory that exists. `path` is absolute and without symbolic links. */
export async function openFile(layout: StoreLayout, argument: PathArgument, ctx: ImageContext): Promise<ReadyImage> {
  const openedAtNs = BigInt(Date.now()) * 1_000_000n;
  const { path, selector, stats } = argument;
  prepare(layout);
  const archive = await openArchive(path, { layout, limits: ctx.limits, signal: ctx.signal });
  try {
    if (archive.type === 'rootfs-directory') {
      refuseSelector(path, selector);
      return { type: 'directory', path, config: syntheticConfig(guessArchitecture(path)) };
    }
    const image = await store(layout, archive, path, { path, selector }, ctx);
    if (stats.isFile()) {
      const seen = { before: stats, after: statSync(path, { bigint: true }), openedAtNs };
      const { id, names } = image;
      rememberArgument(layout, seen, { selector, platform: ctx.platform, id, names: referencesOf(names, path) });
    }
    return image;
  } finally {
    await archive.close();
  }
}

/** The argument `-`. */
export async function openStandardInput(layout: StoreLayout, ctx: ImageContext): Promise<ReadyImage> {
  prepare(layout);
  const archive = await openStream(ctx.stdin, '-', { layout, limits: ctx.limits, signal: ctx.signal });
  try {
    if (archive.type === 'rootfs-directory') throw new Error('a stream is no directory');
    return await store(layout, archive, '-', null, ctx);
  } finally {
    await archive.close();
  }
}

async function store(
  layout: StoreLayout,
  archive: Exclude<OpenedArchive, { type: 'rootfs-directory' }>,
  name: string,
  source: ImageSource | null,
  ctx: ImageContext,
): Promise<StoredImage> {
  const selector = source?.selector ?? null;
  if (archive.type === 'rootfs-tar') {
    refuseSelector(name, selector);
    const own = source === null ? null : nameFromFile(source.path);
    const naming = { names: own === null ? [] : [own], policy: 'if-free', source } as const;
    return storeRootfs(layout, archive, naming, ctx);
  }
  const found = chooseImage(archive.images, name, selector);
  const image = await found.read(ctx.platform === null ? null : parsePlatform(ctx.platform));
  const names = referencesOf(found.names, source?.path ?? null);
  return storeFound(layout, image, { names, policy: 'if-free', source }, ctx);
}

export function refuseSelector(path: string, selector: string | null): void {
  if (selector === null) return;
  throw new TsrunError('IMAGE_NOT_FOUND', `cannot find the image "${selector}" in "${path}"`, {
    why: 'it is a root filesystem, which has no names',
    hint: `leave out ":${selector}"`,
  });
}

function prepare(layout: StoreLayout): void {
  try {
    makeStore(layout);
  } catch (error) {
    throw storeError(`cannot make the store "${layout.root}"`, error);
  }
}
