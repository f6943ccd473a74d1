/** `--ulimit NAME=SOFT[:HARD]`. */
import { nearest } from '../../errors/nearest.ts';
import { rlimInfinity, rlimitNames } from '../../oci/rlimits.ts';
import { badValue, type OptionName } from './bad-value.ts';
import type { UlimitRequest } from './run-request.ts';

/** In the library: `{ nofile: 1024 }` or `{ nofile: { soft: 1024, hard: 4096 } }`; -1 is unlimited. */
export type UlimitOption =
  | readonly string[]
  | Readonly<
      Record<
        string,
        | number
        | {
            /** What is in force. */
            readonly soft: number;
            /** How far the command may raise it. */
            readonly hard: number;
          }
      >
    >;

/**
 * @example parseUlimits(['nofile=1024:4096'], '--ulimit') // [{ name: 'nofile', soft: 1024n, hard: 4096n }]
 * @throws TsrunError USAGE
 */
export function parseUlimits(given: UlimitOption, name: OptionName): UlimitRequest[] {
  const texts = isList(given)
    ? given
    : Object.entries(given).map(([key, limit]) =>
        typeof limit === 'number' ? `${key}=${limit}` : `${key}=${limit.soft}:${limit.hard}`,
      );
  const byName = new Map(texts.map((text) => parseUlimit(text, name)).map((limit) => [limit.name, limit]));
  return [...byName.values()];
}

const isList = (given: UlimitOption): given is readonly string[] => Array.isArray(given);

function parseUlimit(text: string, name: OptionName): UlimitRequest {
  const match = /^([^=]*)=([^:]*)(?::(.*))?$/.exec(text);
  if (match === null)
    throw badValue(name, text, 'there is no =', 'write NAME=SOFT[:HARD], for example nofile=1024:4096');
  const resource = (match[1] ?? '').toLowerCase().replace(/^rlimit_/, '');
  if (!rlimitNames.some((known) => known === resource)) {
    const close = nearest(resource, rlimitNames);
    throw badValue(
      name,
      text,
      `"${match[1]}" is not a resource limit; they are ${[...rlimitNames].sort().join(', ')}`,
      close === null ? 'write for example nofile=1024:4096' : `did you mean "${close}"?`,
    );
  }
  const soft = parseLimit(match[2] ?? '', text, name);
  const hard = match[3] === undefined ? soft : parseLimit(match[3], text, name);
  if (hard !== -1n && (soft === -1n || soft > hard)) {
    throw badValue(name, text, 'the soft limit is higher than the hard limit', 'write the soft limit first: SOFT:HARD');
  }
  return { name: resource, soft, hard };
}

function parseLimit(text: string, value: string, name: OptionName): bigint {
  if (text === '-1' || text === 'unlimited') return -1n;
  const limit = /^\d{1,20}$/.test(text) ? BigInt(text) : null;
  if (limit !== null && limit <= rlimInfinity) return limit === rlimInfinity ? -1n : limit;
  throw badValue(name, value, `"${text}" is not a limit`, 'write a whole number, or -1 for unlimited');
}

/** The names that `--ulimit` takes. */
export const ulimitNames: readonly string[] = rlimitNames;
