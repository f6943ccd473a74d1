/** From a name to a stored image: `tsrun pull`, and `run` for what is not stored. */
import { TsrunError } from '../../errors/tsrun-error.ts';
import { aborted } from '../aborted.ts';
import { readImageTree } from '../archive/image-tree.ts';
import { storeNamed } from '../archive-images.ts';
import type { ImageContext } from '../context.ts';
import type { Digest } from '../image.ts';
import { parsePlatform } from '../platform.ts';
import { prepareStore } from '../prepare-store.ts';
import { sayWhich } from '../say-which.ts';
import type { StoredImage } from '../store/hold-image.ts';
import type { StoreLayout } from '../store/layout.ts';
import { readName } from '../store/names.ts';
import type { RegistryAccess } from './access.ts';
import { Connection, type Times, times } from './connect.ts';
import type { Endpoint } from './endpoint.ts';
import { readManifest } from './read-manifest.ts';
import { registryBlobs } from './registry-blobs.ts';
import { type RemoteImage, remoteName, repositoryName, storedName, versionText } from './remote-image.ts';
import type { Session } from './session.ts';

export interface PulledImage {
  /** Locked: its descriptor is the caller's to close. */
  readonly image: StoredImage;
  /** `docker.io/library/alpine:3.20` */
  readonly name: string;
  /** Of what the name stands for: an index or a manifest. */
  readonly digest: Digest;
  readonly how: 'downloaded' | 'up-to-date';
}

/**
 * Pulls an image: its documents are checked, its layers unpacked while they come. What the store has is not fetched.
 *
 * @throws TsrunError IMAGE_NOT_FOUND, REGISTRY, REGISTRY_DENIED, and as `openImage`; nothing is left then
 */
export const pullImage = (
  layout: StoreLayout,
  remote: RemoteImage,
  access: RegistryAccess,
  ctx: ImageContext,
  given: Times = times,
): Promise<PulledImage> => sayWhich(remoteName(remote), () => pull(layout, remote, access, ctx, given));

async function pull(
  layout: StoreLayout,
  remote: RemoteImage,
  access: RegistryAccess,
  ctx: ImageContext,
  given: Times,
): Promise<PulledImage> {
  const name = remoteName(remote);
  prepareStore(layout);
  await using connection = new Connection(access, ctx.signal, ctx.onProgress, given);
  try {
    const { session, top } = await firstThatHas(connection, remote);
    const source = registryBlobs({ session, backoff: connection.backoff, layout, top, name });
    const wanted = ctx.platform === null ? null : parsePlatform(ctx.platform);
    const found = await readImageTree(source, [top.descriptor], wanted);
    const { digest } = top.descriptor;
    const reference = storedName(remote);
    const before = reference === null ? null : readName(layout, reference);
    const stored = await storeNamed(
      layout,
      found,
      {
        names: reference === null ? [] : [reference],
        policy: 'take',
        source: { repository: repositoryName(remote.repository), digest },
      },
      ctx,
    );
    return { image: stored, name, digest, how: before?.id === stored.id ? 'up-to-date' : 'downloaded' };
  } catch (error) {
    throw ctx.signal.aborted ? aborted(ctx.signal) : error;
  }
}

/** A mirror that lacks the image or does not answer is no reason to give up. */
async function firstThatHas(
  connection: Connection,
  remote: RemoteImage,
): Promise<{ readonly session: Session; readonly top: Awaited<ReturnType<typeof readManifest>> }> {
  const [own, ...mirrors] = [...connection.endpoints(remote)].reverse();
  if (own === undefined) throw new Error('there is an endpoint for every repository');
  const read = async (endpoint: Endpoint) => {
    const session = connection.pullSession(endpoint);
    return { session, top: await readManifest(session, versionText(remote), remoteName(remote)) };
  };
  for (const mirror of mirrors.reverse()) {
    try {
      return await read(mirror);
    } catch (error) {
      if (!isRefusal(error)) throw error;
    }
  }
  return await read(own);
}

const isRefusal = (error: unknown): boolean =>
  error instanceof TsrunError && ['IMAGE_NOT_FOUND', 'REGISTRY', 'REGISTRY_DENIED'].includes(error.code);
