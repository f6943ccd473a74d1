/** A word that may mean a container, or something else. */

import { findKept } from '../container/kept/find-kept.ts';
import type { KeptContainer } from '../container/kept/kept-container.ts';
import { TsrunError } from '../errors/tsrun-error.ts';
import type { Paths } from '../host/paths.ts';

/** @throws TsrunError CONTAINER_AMBIGUOUS */
export function containerIfAny(paths: Paths, word: string): KeptContainer | null {
  try {
    return findKept(paths, word);
  } catch (error) {
    if (error instanceof TsrunError && error.code === 'CONTAINER_NOT_FOUND') return null;
    throw error;
  }
}
