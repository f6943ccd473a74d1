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
interface Tables {
  readonly numbers: ReadonlyMap<string, number>;
  readonly names: ReadonlyMap<number, string>;
}

let made: Tables | undefined;

/** Made at the first error: most runs have none. */
function tables(): Tables {
  made ??= makeTables();
  return made;
}

function makeTables(): Tables {
  const numbers = new Map<string, number>(Object.entries({ ...constants.errno, ...lacking }));
  const known = [...numbers].filter(([name]) => !aliases.has(name));
  return { numbers, names: new Map(known.map(([name, number]) => [number, name])) };
}

/** The symbolic name of an errno value, for example `ENOENT` for 2. */
export const errnoName = (errno: number): string => tables().names.get(errno) ?? `errno ${errno}`;

/** The number of an errno name on this machine, for example 2 for `ENOENT`; null: there is none of that name. */
export const errnoNumber = (name: string): number | null => tables().numbers.get(name) ?? null;
