/** A stored image whose layers are not there for the ids asked for, or that is for another platform than asked. */
import { closeSync } from 'node:fs';
import { TsrunError } from '../errors/tsrun-error.ts';
import { choosePlatform } from './archive/choose-platform.ts';
import { findPath } from './argument.ts';
import type { ImageContext } from './context.ts';
import type { ImageConfig, ReadyImage } from './image.ts';
import { openFile } from './open-cold.ts';
import { parsePlatform } from './platform.ts';
import { type ImageRecord, isFromFile, isFromRegistry } from './store/image-record.ts';
import type { StoreLayout } from './store/layout.ts';

/** A stored image has one platform: refuses when another was asked for. */
export function checkPlatform(config: ImageConfig, name: string, platform: string): void {
  choosePlatform([{ platform: config }], parsePlatform(platform), name);
}

/** Unpacks a stored image again from where it came from, for another user namespace. */
export async function openAgain(
  layout: StoreLayout,
  record: ImageRecord,
  name: string,
  ctx: ImageContext,
): Promise<ReadyImage> {
  const platform = ctx.platform ?? `${record.config.os}/${record.config.architecture || 'amd64'}`;
  for (const { path, selector } of record.sources.filter(isFromFile)) {
    const argument = findPath(path);
    if (argument?.path !== path || !argument.stats.isFile()) continue;
    const image = await openFile(layout, { ...argument, selector }, { ...ctx, platform });
    if (image.type === 'layers' && image.id === record.id) return image;
  }
  const [registry] = ctx.pull === 'never' ? [] : record.sources.filter(isFromRegistry);
  if (registry !== undefined) {
    const { openPulled } = await import('./open-remote.ts');
    const image = await openPulled(layout, `${registry.repository}@${registry.digest}`, { ...ctx, platform });
    if (image.id === record.id) return image;
    closeSync(image.lock);
  }
  throw new TsrunError('STORE', `cannot use the stored image "${name}"`, {
    why: 'its layers were unpacked for other user ids or lost to a power cut, and what it came from is gone or has changed',
    hint: 'give the image file instead of the name, once, or pull it again',
  });
}
