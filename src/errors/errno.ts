/**
 * errno numbers and their names.
 *
 * `util.getSystemErrorName` does not know ECHILD or ESTALE, so the table of node:os is turned round. Two aliases share a
 * number with a better-known name and are skipped, or EAGAIN would read as EWOULDBLOCK.
 */
import { constants } from 'node:os';

const aliases = new Set(['EWOULDBLOCK', 'EOPNOTSUPP']);
const names = new Map(
  Object.entries(constants.errno)
    .filter(([name]) => !aliases.has(name))
    .map(([name, number]) => [number, name] as const),
);

/** The symbolic name of an errno value, for example `ENOENT` for 2. */
export const errnoName = (errno: number): string => names.get(errno) ?? `errno ${errno}`;

/** The number of an errno name on this machine, for example 2 for `ENOENT`; null: there is none of that name. */
export const errnoNumber = (name: string): number | null =>
  Object.hasOwn(constants.errno, name) ? constants.errno[name as keyof typeof constants.errno] : null;
