/** A disk that is full is the caller's world, not a fault of ours: whatever a call meets it at, it is a TsrunError like all that is. */
import { isFullDisk, storeError } from '../image/store/store-error.ts';

/** @throws TsrunError STORE where the work throws ENOSPC or EDQUOT; else what it throws */
export async function inWords<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw isFullDisk(error) ? storeError('cannot write to the disk', error) : error;
  }
}
