/** Failures of the store's own disk, in the user's words. */
import { TsrunError } from '../../errors/tsrun-error.ts';

const hints: Readonly<Record<string, string>> = {
  ENOSPC: 'free some space ("tsrun rmi" removes images), or put the store elsewhere with --store or TSRUN_STORE',
  EDQUOT: 'free some of your quota, or put the store elsewhere with --store or TSRUN_STORE',
  EACCES: 'the store belongs to another user; choose your own with --store or TSRUN_STORE',
  EPERM: 'the store belongs to another user; choose your own with --store or TSRUN_STORE',
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
