/** Failures of the store's own disk, in the user's words. */
import { TsrunError } from '../../errors/tsrun-error.ts';
import type { Paths } from '../../host/paths.ts';

const hints: Readonly<Record<string, string>> = {
  ENOSPC: 'free some space ("tsrun rmi" removes images), or put the store elsewhere with --store or TSRUN_STORE',
  EDQUOT: 'free some of your quota, or put the store elsewhere with --store or TSRUN_STORE',
  EACCES: 'the store belongs to another user; choose your own with --store or TSRUN_STORE',
  EPERM: 'the store belongs to another user; choose your own with --store or TSRUN_STORE',
  ENOENT: 'choose another directory with --store or TSRUN_STORE',
  ENOTDIR: 'choose a directory with --store or TSRUN_STORE',
  EEXIST: 'choose a directory with --store or TSRUN_STORE',
  EROFS: 'put the store on a filesystem that can be written, with --store or TSRUN_STORE',
};

/** Whether this is a failed system call. */
export const isSystemError = (error: unknown): error is NodeJS.ErrnoException & { code: string } =>
  error instanceof Error && typeof (error as NodeJS.ErrnoException).code === 'string' && 'syscall' in error;

/** Whether there is no room, on the disk or in the user's quota. */
export const isFullDisk = (error: unknown): boolean =>
  isSystemError(error) && (error.code === 'ENOSPC' || error.code === 'EDQUOT');

/**
 * Words a failed system call on the store; what is not one is given back as it is.
 *
 * @example throw storeError('cannot write the image record', error)
 */
export function storeError(what: string, error: unknown): unknown {
  if (!isSystemError(error)) return error;
  const hint = hints[error.code];
  return new TsrunError('STORE', what, {
    why: error.message,
    ...(hint === undefined ? {} : { hint }),
    cause: error,
  });
}

/** How a place says that it is not for us; whatever else fails there may well be our fault. */
const refusals: ReadonlySet<string> = new Set(['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EEXIST', 'ELOOP']);

/**
 * Words what the disk, the store or the state directory refuse, wherever it was met: that is the user's world. What is none of it is
 * given back as it is.
 */
export function placesError(error: unknown, { store, state }: Pick<Paths, 'store' | 'state'>): unknown {
  if (isFullDisk(error)) return storeError('cannot write to the disk', error);
  if (!isSystemError(error) || !refusals.has(error.code) || error.path === undefined) return error;
  const { path } = error;
  const liesIn = (place: string): boolean => path === place || path.startsWith(`${place}/`);
  if (liesIn(store)) return storeError(`cannot use the store "${store}"`, error);
  if (!liesIn(state)) return error;
  return new TsrunError('STORE', `cannot use the state directory "${state}"`, {
    why: error.message,
    hint: 'choose another with --root or TSRUN_ROOT',
    cause: error,
  });
}
