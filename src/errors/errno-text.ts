/** What errno values mean, in the words of errno(3). */
import { getSystemErrorMap } from 'node:util';

/** For example `no such file or directory` for 2. libuv knows it under the negated number. */
export const errnoText = (errno: number): string => getSystemErrorMap().get(-errno)?.[1] ?? 'unknown error';
