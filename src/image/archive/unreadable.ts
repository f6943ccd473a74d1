/** Failures to read what the person named, in their words. */
import { TsrunError } from '../../errors/tsrun-error.ts';
import { isSystemError } from '../store/store-error.ts';

/** Words a failed system call on the image argument; what is not one is given back as it is. */
export function unreadable(path: string, error: unknown): unknown {
  if (!isSystemError(error)) return error;
  if (error.code === 'ENOENT') {
    return new TsrunError('IMAGE_NOT_FOUND', `cannot find "${path}"`, { why: error.message, cause: error });
  }
  const denied = error.code === 'EACCES' || error.code === 'EPERM';
  return new TsrunError('IMAGE_INVALID', `cannot read "${path}"`, {
    why: error.message,
    ...(denied ? { hint: `give yourself the right to read it, for example with "chmod u+r ${path}"` } : {}),
    cause: error,
  });
}
