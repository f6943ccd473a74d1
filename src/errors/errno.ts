/**
 * errno numbers and their names.
 *
 * `util.getSystemErrorName` does not know ECHILD or ESTALE, so the table of node:os is turned round. Two aliases share a
 * number with a better-known name and are skipped, or EAGAIN would read as EWOULDBLOCK. Some that Linux has and node:os
 * lacks come from asm-generic/errno.h; the numbers are the same on x86-64 and arm64.
 */
import { constants } from 'node:os';

const lacking = {
  ENOTBLK: 15,
  ELIBACC: 79,
  ELIBBAD: 80,
  ELIBSCN: 81,
  ELIBMAX: 82,
  ELIBEXEC: 83,
  ERESTART: 85,
  EUSERS: 87,
  ESHUTDOWN: 108,
  EHOSTDOWN: 112,
  EUCLEAN: 117,
  EREMOTEIO: 121,
  ENOMEDIUM: 123,
  EMEDIUMTYPE: 124,
  ENOKEY: 126,
  EKEYEXPIRED: 127,
  EKEYREVOKED: 128,
  EKEYREJECTED: 129,
} as const;

/** Names of errno values. */
export type ErrnoName = keyof typeof constants.errno | keyof typeof lacking;

const aliases = new Set(['EWOULDBLOCK', 'EOPNOTSUPP']);
const numbers: ReadonlyMap<string, number> = new Map(Object.entries({ ...constants.errno, ...lacking }));
const names = new Map([...numbers].filter(([name]) => !aliases.has(name)).map(([name, number]) => [number, name]));

/** The symbolic name of an errno value, for example `ENOENT` for 2. */
export const errnoName = (errno: number): string => names.get(errno) ?? `errno ${errno}`;

/** The number of an errno name on this machine, for example 2 for `ENOENT`; null: there is none of that name. */
export const errnoNumber = (name: string): number | null => numbers.get(name) ?? null;
