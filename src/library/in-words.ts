/**
 * A full disk, and a store or state directory that is not for us, are the caller's world, not a fault of ours: whatever a call meets them
 * at, they are a TsrunError like all that is.
 */
import type { Paths } from '../host/paths.ts';
import { placesError } from '../image/store/store-error.ts';

/** @throws TsrunError STORE for what the places refuse; else what the work throws */
export async function inWords<T>(paths: Paths, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw placesError(error, paths);
  }
}
