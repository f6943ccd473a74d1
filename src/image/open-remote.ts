/** What is neither a file nor stored: a name of a registry, perhaps. */
import { TsrunError } from '../errors/tsrun-error.ts';
import type { ImageContext } from './context.ts';
import type { ReadyImage } from './image.ts';
import { notFound } from './not-found.ts';
import { noAccessFlags, type RegistryAccess, registryAccess } from './registry/access.ts';
import { withAlias } from './registry/conf/alias.ts';
import { findRegistriesConf } from './registry/conf/find-conf.ts';
import { pullImage } from './registry/pull-image.ts';
import { parseRemoteImage, readRemoteImage } from './registry/remote-image.ts';
import type { StoredImage } from './store/hold-image.ts';
import type { StoreLayout } from './store/layout.ts';

/** What the argument names in registries: short names may have an alias. */
export const remoteArgument = (argument: string, ctx: ImageContext): string =>
  ctx.pull === 'never' || !mayBeRemote(argument) ? argument : withAlias(findRegistriesConf(access()), argument);

/**
 * Pulls the image that an argument names, unless it may not.
 *
 * @throws TsrunError IMAGE_NOT_FOUND with all that was tried
 */
export async function openRemote(layout: StoreLayout, argument: string, ctx: ImageContext): Promise<ReadyImage> {
  if (ctx.pull === 'never' || !mayBeRemote(argument)) throw notFound(layout, argument, null);
  try {
    return await openPulled(layout, argument, ctx);
  } catch (error) {
    const isMissing =
      error instanceof TsrunError && ['IMAGE_NOT_FOUND', 'REGISTRY', 'REGISTRY_DENIED'].includes(error.code);
    throw isMissing && ctx.pull !== 'always' ? notFound(layout, argument, error) : error;
  }
}

/** Pulls it, with the settings of this machine. */
export async function openPulled(layout: StoreLayout, name: string, ctx: ImageContext): Promise<StoredImage> {
  return (await pullImage(layout, parseRemoteImage(name), access(), ctx)).image;
}

const access = (): RegistryAccess => registryAccess(process.env, noAccessFlags);

/** Who types `./app` or `app.tar` means a file, though registries could have such a name. */
const mayBeRemote = (argument: string): boolean =>
  readRemoteImage(argument) !== null && !/[.](?:tar|tgz|tzst|txz|tbz2?|oci)(?:[.:](?:gz|xz|zst|bz2))?$/i.test(argument);
