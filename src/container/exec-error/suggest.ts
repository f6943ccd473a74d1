/** Names in the image that are like one that is missing; the work is bounded whatever the image holds. */
import { nearestOf } from '../../errors/nearest.ts';
import type { RootFiles } from './root-files.ts';

const limits = {
  /** Names read of one directory. */
  names: 8192,
  /** Longer names are no typing mistakes of one another. */
  nameLength: 64,
} as const;

/** Names of a directory that may be compared with `wanted`. */
export function namesLike(files: RootFiles, directory: string, wanted: string): readonly string[] {
  if (wanted.length > limits.nameLength) return [];
  const names = files.list(directory, limits.names);
  return names.seen ? names.value.filter((name) => name.length <= limits.nameLength) : [];
}

/** The name in `directory` that `wanted` was most likely meant to be. */
export const nearestIn = (files: RootFiles, directory: string, wanted: string): string | null =>
  nearestOf(wanted, namesLike(files, directory, wanted), 1)[0] ?? null;
