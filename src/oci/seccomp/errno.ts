/** The two errors that a filter answers with, asm-generic/errno-base.h and errno.h; the same on every machine supported. */
export const EPERM = 1;
export const ENOSYS = 38;
