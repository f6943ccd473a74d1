/** A stored image, locked against removal, with its layers looked up: the whole of a warm start. */
import { closeSync } from 'node:fs';
import type { UserNamespace } from '../../plan/host-facts.ts';
import type { Digest, ReadyImage } from '../image.ts';
import { familiarName, type Reference } from '../reference.ts';
import { type ImageRecord, imageLockPath, readImageRecord } from './image-record.ts';
import { findLayer } from './layer-record.ts';
import type { StoreLayout } from './layout.ts';
import { waitLockExisting } from './lock.ts';

export type StoredImage = Extract<ReadyImage, { type: 'layers' }>;

export type Held =
  | { readonly type: 'ready'; readonly image: StoredImage }
  /** The image is stored, its layers are not there for this id mapping. */
  | { readonly type: 'other-mapping'; readonly record: ImageRecord }
  | { readonly type: 'missing' };

/** Takes a shared lock on the image for as long as the descriptor in the result is open. */
export async function holdImage(
  layout: StoreLayout,
  id: Digest,
  mapping: UserNamespace,
  names: readonly Reference[],
  signal: AbortSignal,
): Promise<Held> {
  const lock = await waitLockExisting(imageLockPath(layout, id), 'shared', signal);
  if (lock === 'missing') return { type: 'missing' };
  try {
    const record = readImageRecord(layout, id);
    if (record !== null) {
      const layers = record.layers.map(({ chainId }) => findLayer(layout, chainId, mapping));
      const found = layers.filter((layer) => layer !== null);
      if (found.length === layers.length) {
        return {
          type: 'ready',
          image: { type: 'layers', id, names: names.map(familiarName), config: record.config, layers: found, lock },
        };
      }
    }
    closeSync(lock);
    return record === null ? { type: 'missing' } : { type: 'other-mapping', record };
  } catch (error) {
    closeSync(lock);
    throw error;
  }
}
