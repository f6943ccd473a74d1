/** Stored images that somebody chose, kept from being removed while they are read. */
import { readFileSync } from 'node:fs';
import { notStored } from '../not-found.ts';
import type { Reference } from '../reference.ts';
import { findStored } from '../store/find-stored.ts';
import { blobPath, type ImageRecord, imageLockPath, readImageRecord } from '../store/image-record.ts';
import type { StoreLayout } from '../store/layout.ts';
import { unlock, waitLockExisting } from '../store/lock.ts';
import { storeError } from '../store/store-error.ts';

export interface ChosenImage {
  readonly record: ImageRecord;
  /** The config document, as it was read. */
  readonly config: Uint8Array;
  /** Those it was chosen by. */
  readonly names: readonly Reference[];
}

/** Images with their locks. */
export interface ChosenImages extends Disposable {
  /** Each once, in the order they were named first. */
  readonly images: readonly ChosenImage[];
}

/** @throws TsrunError IMAGE_NOT_FOUND, IMAGE_AMBIGUOUS, STORE */
export async function chooseStored(
  layout: StoreLayout,
  words: readonly string[],
  signal: AbortSignal,
): Promise<ChosenImages> {
  const locks: number[] = [];
  const release = (): void => {
    for (const lock of locks) unlock(lock);
  };
  const chosen = new Map<string, { readonly record: ImageRecord; readonly names: Set<Reference> }>();
  try {
    for (const word of words) {
      const found = findStored(layout, word);
      if (found === null) throw notStored(layout, word, 'read');
      const known = chosen.get(found.id);
      if (known === undefined) {
        const lock = await waitLockExisting(imageLockPath(layout, found.id), 'shared', signal);
        if (lock !== 'missing') locks.push(lock);
        const record = readImageRecord(layout, found.id);
        if (record === null) throw notStored(layout, word, 'read');
        chosen.set(found.id, { record, names: new Set(found.names) });
      } else for (const name of found.names) known.names.add(name);
    }
    const images = [...chosen.values()].map(({ record, names }) => ({
      record,
      config: readConfigDocument(layout, record),
      names: [...names],
    }));
    return { images, [Symbol.dispose]: release };
  } catch (error) {
    release();
    throw error;
  }
}

/** @throws TsrunError STORE */
export function readConfigDocument(layout: StoreLayout, { id }: ImageRecord): Uint8Array {
  const path = blobPath(layout, id);
  try {
    return readFileSync(path);
  } catch (error) {
    throw storeError(`cannot read "${path}"`, error);
  }
}
