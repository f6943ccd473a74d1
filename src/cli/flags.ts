/** Flags as data: the parser, the help text and the shell completion all read the same table. */

/** How much a flag takes from the command line. */
export type FlagKind =
  /** `--rm`, `--rm=false`. */
  | 'switch'
  /** `--memory 64m`, `--memory=64m`, `-m64m`; the last one wins. */
  | 'value'
  /** As `value`; may be repeated, all count. */
  | 'list'
  /** `--dry-run`, `--dry-run=shell`: a value only after `=`, or the next word would be taken for it. */
  | 'word';

export interface Flag {
  /** Without the dashes. */
  readonly long: string;
  /** One letter, or null. */
  readonly short: string | null;
  readonly kind: FlagKind;
  /** What stands for the value in help, for example `SIZE`; empty for a switch. */
  readonly placeholder: string;
  /** One line, lower case, no full stop. */
  readonly about: string;
  /** Heading in help. */
  readonly group: string;
  /** Whether the short help shows it. */
  readonly common: boolean;
  /** Words to complete the value with; `path` for files. */
  readonly complete: readonly string[] | 'path' | 'none';
  /** Other spellings that docker takes. */
  readonly aliases: readonly string[];
}

type Extras = Partial<Pick<Flag, 'complete' | 'aliases' | 'common'>>;

/** A row of a flag table. `names` is `-m, --memory SIZE`; a switch has no placeholder. */
export function flag(kind: FlagKind, names: string, about: string, group: string, extras: Extras = {}): Flag {
  // A warm run makes a hundred of these before anything else: without a regular expression.
  const dashes = names.startsWith('--') ? 0 : '-m, '.length;
  if (!names.startsWith('--', dashes)) throw new Error(`not a flag: ${names}`);
  let end = dashes;
  while (end < names.length && names[end] !== ' ' && names[end] !== '=') end += 1;
  return {
    long: names.slice(dashes + '--'.length, end),
    short: dashes === 0 ? null : names.charAt(1),
    kind,
    placeholder: names.slice(end + 1),
    about,
    group,
    common: extras.common ?? false,
    complete: extras.complete ?? 'none',
    aliases: extras.aliases ?? [],
  };
}

/** How people write it: `--memory`. */
export const spelled = (given: Flag): string => `--${given.long}`;
