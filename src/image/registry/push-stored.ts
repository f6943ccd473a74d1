/** A stored image by its name, held while it is pushed, and what is remembered of where it went. */
import { TsrunError } from '../../errors/tsrun-error.ts';
import type { Digest } from '../image.ts';
import { notStored } from '../not-found.ts';
import type { OnImageProgress } from '../progress.ts';
import { findStored } from '../store/find-stored.ts';
import { imageLockPath, readImageRecord } from '../store/image-record.ts';
import { openLayerTar } from '../store/layer-tar.ts';
import type { StoreLayout } from '../store/layout.ts';
import { unlock, waitLockExisting } from '../store/lock.ts';
import { rememberRegistry } from '../store/remember-registry.ts';
import type { RegistryAccess } from './access.ts';
import { pushImage } from './push-image.ts';
import { parseRemoteImage, readRemoteImage, remoteName, repositoryName } from './remote-image.ts';

export interface PushedImage {
  readonly id: Digest;
  /** Where it is now: `registry.example/team/app:1.0` */
  readonly name: string;
  /** Of its manifest there. */
  readonly digest: Digest;
}

/**
 * @param source a stored image: its name or id
 * @param destination where it goes; null: where its name says
 * @throws TsrunError as `pushImage`, IMAGE_NOT_FOUND, USAGE
 */
export async function pushStored(
  layout: StoreLayout,
  names: { readonly source: string; readonly destination: string | null },
  access: RegistryAccess,
  ctx: { readonly onProgress: OnImageProgress; readonly signal: AbortSignal },
): Promise<PushedImage> {
  const { source, destination } = names;
  const found = findStored(layout, source);
  if (found === null) throw notStored(layout, source, 'read');
  const [stored] = found.names;
  if (destination === null && (stored === undefined || readRemoteImage(stored)?.repository.registry === 'localhost')) {
    throw new TsrunError('USAGE', `cannot push "${source}"`, {
      why: 'its name says of no registry',
      hint: `say where to: tsrun push ${source} registry.example/team/${source.replace(/^.*[/]/, '')}`,
    });
  }
  const remote = parseRemoteImage(destination ?? stored ?? source);
  const lock = await waitLockExisting(imageLockPath(layout, found.id), 'shared', ctx.signal);
  if (lock === 'missing') throw notStored(layout, source, 'read');
  try {
    const record = readImageRecord(layout, found.id);
    if (record === null) throw notStored(layout, source, 'read');
    const openTar = (diffId: Digest) => openLayerTar(layout, diffId, ctx.signal);
    const pushed = await pushImage(remote, access, { layout, record, openTar, ...ctx });
    rememberRegistry(layout, found.id, { repository: repositoryName(remote.repository), ...pushed });
    return { id: found.id, name: remoteName(remote), digest: pushed.digest };
  } finally {
    unlock(lock);
  }
}
