/** Takes an image's record, documents and names out of the store. Its layers are freed afterwards. */
import type { Digest } from '../image.ts';
import {
  blobPath,
  documentsOf,
  hasImageRecord,
  imageLockPath,
  imageOriginPath,
  readImageRecord,
  removeImageRecord,
} from './image-record.ts';
import type { StoreLayout } from './layout.ts';
import { tryLockExisting, unlock } from './lock.ts';
import { listNames, removeName } from './names.ts';
import { unlinkIfThere } from './pending.ts';

/**
 * @param usedBy asked under the lock: who makes a container holds it until the container says what it is made from
 * @returns who uses the image, without a name when a process holds it; null: it is gone
 */
export function forgetImage(
  layout: StoreLayout,
  id: Digest,
  usedBy: (id: Digest) => readonly string[],
): readonly string[] | null {
  const lock = tryLockExisting(imageLockPath(layout, id), 'exclusive');
  if (lock === null) return usedBy(id);
  if (lock === 'missing') return null;
  try {
    const users = usedBy(id);
    if (users.length > 0) return users;
    const record = readImageRecord(layout, id);
    // The record goes before its documents.
    removeImageRecord(layout, id);
    for (const { name } of listNames(layout).filter((name) => name.id === id)) removeName(layout, name);
    for (const digest of record === null ? [id] : documentsOf(record)) unlinkIfThere(blobPath(layout, digest));
    unlinkIfThere(imageLockPath(layout, id));
    return null;
  } finally {
    unlock(lock);
  }
}

/** Takes away what a load left that came to nothing; an image that is stored stays. */
export function forgetUnfinishedImage(layout: StoreLayout, id: Digest): void {
  const lock = tryLockExisting(imageLockPath(layout, id), 'exclusive');
  if (lock === null || lock === 'missing') return;
  try {
    // One that is damaged can be made anew.
    if (hasImageRecord(layout, id)) return;
    unlinkIfThere(blobPath(layout, id));
    unlinkIfThere(imageOriginPath(layout, id));
    unlinkIfThere(imageLockPath(layout, id));
  } finally {
    unlock(lock);
  }
}
