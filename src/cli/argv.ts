/**
 * Reads flags as docker's command line does.
 *
 * Our own and not commander's for `run` alone: its rules differ (`--rm=false`, `--dry-run[=shell]`, `-e=A=1`), and reading them here lets
 * a run start without loading a parser library, which costs more than a whole container.
 */
import { nearest } from '../errors/nearest.ts';
import { TsrunError } from '../errors/tsrun-error.ts';
import type { Flag } from './flags.ts';

export interface ParsedArgv {
  /** Every occurrence in order, by long name. A switch has `true` or `false`; a bare word flag an empty string. */
  readonly values: ReadonlyMap<string, readonly string[]>;
  /** From the first word that is no flag on, or after `--`. */
  readonly rest: readonly string[];
}

export interface FlagTable {
  /** For messages: `tsrun run`. */
  readonly command: string;
  readonly flags: readonly Flag[];
  /** Flags of docker that are recognised only to say what is the matter with them, by long name. */
  readonly unsupported: Readonly<Record<string, { readonly why: string; readonly hint: string }>>;
  /** The letters of some of them. */
  readonly unsupportedLetters: Readonly<Record<string, string>>;
}

/**
 * Stops at the first word that is no flag: what follows belongs to the container.
 *
 * @throws TsrunError USAGE with the nearest flag as a hint; NOT_YET for docker's flags that are not built
 */
export function parseArgv(argv: readonly string[], table: FlagTable): ParsedArgv {
  const values = new Map<string, string[]>();
  const add = (found: Flag, value: string): void => {
    const list = values.get(found.long);
    if (list === undefined) values.set(found.long, [value]);
    else list.push(value);
  };
  let at = 0;
  /** The next word as the value of a flag. */
  const next = (found: Flag, written: string): string => {
    at += 1;
    const value = argv[at];
    if (value !== undefined) return value;
    throw new TsrunError('USAGE', `${written} needs a value`, {
      why: `it stands at the end of the line; it takes ${found.placeholder}`,
      hint: `write ${written} ${found.placeholder}`,
    });
  };

  for (; at < argv.length; at += 1) {
    const word = argv[at] ?? '';
    if (word === '--') return { values, rest: argv.slice(at + 1) };
    // "-" is standard input, "-:name" one of the images that come through it.
    if (word === '-' || word.startsWith('-:') || !word.startsWith('-')) break;
    if (word.startsWith('--')) {
      const equals = word.indexOf('=');
      const name = word.slice(2, equals === -1 ? undefined : equals);
      const found = findLong(name, table);
      if (equals !== -1) add(found, word.slice(equals + 1));
      else if (found.kind === 'switch') add(found, 'true');
      else add(found, found.kind === 'word' ? '' : next(found, `--${name}`));
    } else {
      readShort(word, table, add, next);
    }
  }
  return { values, rest: argv.slice(at) };
}

/** `-it`, `-m64m`, `-m=64m`, `-itm 64m`. */
function readShort(
  word: string,
  table: FlagTable,
  add: (found: Flag, value: string) => void,
  next: (found: Flag, written: string) => string,
): void {
  for (let index = 1; index < word.length; index += 1) {
    const letter = word[index] ?? '';
    const found = table.flags.find((candidate) => candidate.short === letter);
    if (found === undefined) {
      const refused = Object.hasOwn(table.unsupportedLetters, letter) ? table.unsupportedLetters[letter] : undefined;
      throw refused === undefined ? unknownShort(word, letter, table) : refuse(`-${letter}`, refused, table);
    }
    const tail = word.slice(index + 1);
    if (found.kind === 'switch' && !tail.startsWith('=')) {
      add(found, 'true');
      continue;
    }
    add(found, tail === '' ? next(found, `-${letter}`) : tail.replace(/^=/, ''));
    return;
  }
}

function findLong(name: string, table: FlagTable): Flag {
  const found = table.flags.find(({ long, aliases }) => long === name || aliases.includes(name));
  if (found !== undefined) return found;
  if (Object.hasOwn(table.unsupported, name)) throw refuse(`--${name}`, name, table);
  const close = nearest(
    name,
    table.flags.map(({ long }) => long),
  );
  throw new TsrunError('USAGE', `unknown flag "--${name}"`, {
    why: `${table.command} has no flag of that name`,
    hint: close === null ? `see ${table.command} --help` : `did you mean --${close}?`,
  });
}

const refuse = (written: string, name: string, table: FlagTable): TsrunError =>
  new TsrunError('NOT_YET', `${table.command} cannot do ${written} yet`, table.unsupported[name] ?? {});

function unknownShort(word: string, letter: string, table: FlagTable): TsrunError {
  const inside = word.length > 2 ? ` in "${word}"` : '';
  const long = table.flags.find((candidate) => candidate.long === word.slice(1));
  return new TsrunError('USAGE', `unknown flag "-${letter}"${inside}`, {
    why: `${table.command} has no flag of that letter`,
    hint: long === undefined ? `see ${table.command} --help` : `did you mean --${long.long}?`,
  });
}
