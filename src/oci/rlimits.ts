/** Resource limits by name and number: asm-generic/resource.h, the same on x86-64 and arm64. */

/** Lower-case names as in `--ulimit`; the index is the number. */
export const rlimitNames: readonly string[] = [
  'cpu',
  'fsize',
  'data',
  'stack',
  'core',
  'rss',
  'nproc',
  'nofile',
  'memlock',
  'as',
  'locks',
  'sigpending',
  'msgqueue',
  'nice',
  'rtprio',
  'rttime',
];

/** "No limit", RLIM_INFINITY of getrlimit(2). */
export const rlimInfinity = 0xffff_ffff_ffff_ffffn;

/**
 * The number of a limit; takes `nofile` and `RLIMIT_NOFILE`. null: there is none of that name.
 *
 * @example rlimitNumber('RLIMIT_NOFILE') // 7
 */
export function rlimitNumber(name: string): number | null {
  const bare = name.replace(/^RLIMIT_/, '').toLowerCase();
  const index = rlimitNames.indexOf(bare);
  return index < 0 ? null : index;
}

/** The name that config.json uses, for example `RLIMIT_NOFILE` for 7. */
export const rlimitSpecName = (number: number): string =>
  `RLIMIT_${(rlimitNames[number] ?? `${number}`).toUpperCase()}`;

/**
 * A limit of config.json as a number the kernel takes.
 *
 * JSON numbers are doubles, so 18446744073709551615 arrives as 2^64; -1 is what some writers use. Both mean no limit.
 */
export function rlimitFromJson(value: number | bigint): bigint {
  if (value < 0 || value >= 2 ** 64) return rlimInfinity;
  return typeof value === 'bigint' ? value : BigInt(Math.trunc(value));
}

/** The other way round: a limit as config.json has it. */
export const rlimitToJson = (value: bigint): number => Number(value < 0n ? rlimInfinity : value);
