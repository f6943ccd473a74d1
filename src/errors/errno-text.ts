/** What errno values mean, in the words of errno(3). */
import { getSystemErrorMap } from 'node:util';
import { type ErrnoName, errnoName } from './errno.ts';

/** libuv has no words for these, or words for sockets alone. */
const words: Readonly<Partial<Record<ErrnoName, string>>> = {
  EDEADLK: 'resource deadlock avoided',
  EDQUOT: 'disk quota exceeded',
  ECHILD: 'no child processes',
  EBADMSG: 'bad message',
  EIDRM: 'identifier removed',
  EINPROGRESS: 'operation now in progress',
  ELIBACC: 'cannot access a needed shared library',
  ELIBBAD: 'the shared library or loader is corrupted',
  ELOOP: 'too many levels of symbolic links',
  EMEDIUMTYPE: 'wrong medium type',
  ENODATA: 'no data available',
  ENOEXEC: 'exec format error',
  ENOLCK: 'no locks available',
  ENOLINK: 'link has been severed',
  ENOMEDIUM: 'no medium found',
  ENOTBLK: 'block device required',
  ENOTSUP: 'operation not supported',
  EREMOTEIO: 'remote I/O error',
  ESTALE: 'stale file handle',
  ETIME: 'timer expired',
  EUCLEAN: 'the filesystem is damaged (structure needs cleaning)',
  EUSERS: 'too many users',
};

/** For example `no such file or directory` for 2. libuv knows it under the negated number. */
export const errnoText = (errno: number): string =>
  words[errnoName(errno) as ErrnoName] ?? getSystemErrorMap().get(-errno)?.[1] ?? 'unknown error';
