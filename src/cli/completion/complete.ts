/** `tsrun __complete WORD...`: what the last word can become. The scripts of the shells ask at each press of Tab. */
import type { Paths } from '../../host/paths.ts';
import { withoutGroup } from '../groups.ts';
import { print } from '../output.ts';
import type { Session } from '../session.ts';
import { flagNames } from './flag-names.ts';
import { type Candidate, containerNames, imageNames, networkNames, volumeNames } from './names.ts';
import { type CommandShape, type FlagShape, shapeOf, topShape } from './shape.ts';
import { valuesOf } from './values.ts';

/** Candidates, and whether files of the host are some too. */
interface Offer {
  readonly candidates: readonly Candidate[];
  readonly files: boolean;
}

/** Where the words before the last one lead. */
interface Place {
  readonly shape: CommandShape;
  /** Arguments before it. */
  readonly given: readonly string[];
  /** The flag whose value it is. */
  readonly flag: FlagShape | null;
  readonly flagsEnded: boolean;
}

/**
 * Prints a line for each candidate, with a tab before what it is, and at last `:files` or `:`. Never says that anything is
 * wrong: somebody is in the middle of typing.
 */
export async function complete(words: readonly string[], session: Session): Promise<number> {
  const current = words.at(-1) ?? '';
  const place = await locate(words.slice(0, -1), session);
  if (place === null) return 0;
  const { candidates, files } = await offer(place, current, session.paths());
  const fitting = candidates.filter(({ word }) => word.startsWith(current) && !place.given.includes(word));
  const lines = fitting.map(({ word, about }) => (about === '' ? word : `${word}\t${about}`));
  print([...lines, files ? ':files' : ':'].join('\n'));
  return 0;
}

/** Null: a command that does not exist. */
async function locate(words: readonly string[], session: Session): Promise<Place | null> {
  let shape = topShape();
  let path: readonly string[] = [];
  let given: readonly string[] = [];
  let flag: FlagShape | null = null;
  let flagsEnded = false;
  for (const word of words) {
    if (flag !== null) {
      adopt(session, flag, word);
      flag = null;
    } else if (word === '--' && !flagsEnded) flagsEnded = true;
    else if (isFlag(word) && !flagsEnded) {
      flag = flagBefore(word, shape);
      const [, long, value] = /^--([^=]+)=(.*)$/s.exec(word) ?? [];
      const whole = shape.flags.find((one) => one.long === long);
      if (whole !== undefined) adopt(session, whole, value ?? '');
    } else if (shape.commands.length > 0) {
      path = named([...path, word]);
      const inner = await shapeOf(path);
      if (inner === null) return null;
      shape = inner;
    } else {
      given = [...given, word];
      if (shape.ends) flagsEnded = true;
    }
  }
  return { shape, given, flag, flagsEnded };
}

const isFlag = (word: string): boolean => word.startsWith('-') && word !== '-';

/** `--store` and `--root` say where names are looked for. */
function adopt(session: Session, { long }: FlagShape, value: string): void {
  if (long === 'store' || long === 'root') session.adopt({ values: new Map([[long, [value]]]), rest: [] });
}

/** docker's `container ls` is `ps`. */
function named(path: readonly string[]): readonly string[] {
  if (path.length < 2) return path;
  try {
    return withoutGroup(path).slice(0, path[0] === withoutGroup(path)[0] ? 2 : 1);
  } catch {
    return path;
  }
}

/** The flag whose value the word behind this one is: `-m`, `-itm`, `--memory`; null: it has none, or has it already. */
function flagBefore(word: string, { flags }: CommandShape): FlagShape | null {
  const takesNext = (found: FlagShape | undefined): FlagShape | null => (found?.takes === 'value' ? found : null);
  if (word.startsWith('--')) return takesNext(flags.find(({ long }) => `--${long}` === word));
  for (let index = 1; index < word.length; index++) {
    const found = flags.find(({ short }) => short === word[index]);
    if (found?.takes !== 'nothing') return index === word.length - 1 ? takesNext(found) : null;
  }
  return null;
}

async function offer({ shape, given, flag, flagsEnded }: Place, current: string, paths: Paths): Promise<Offer> {
  if (flag !== null) return await flagValues(shape, flag, { before: '', value: current }, paths);
  const [written, long] = /^--([^=]+)=/.exec(current) ?? [];
  const attached = flagsEnded ? undefined : shape.flags.find((one) => one.long === long);
  if (written !== undefined && attached !== undefined) {
    return await flagValues(shape, attached, { before: written, value: current.slice(written.length) }, paths);
  }
  if (isFlag(current) || (current === '-' && !flagsEnded))
    return { candidates: flagsEnded ? [] : flagWords(shape), files: false };
  if (shape.commands.length > 0) {
    return { candidates: shape.commands.map(({ name, about }) => ({ word: name, about })), files: false };
  }
  return await argumentWords(shape, given.length, current, paths);
}

/** @param typed what of the word is no value yet (`--filter=`), and what is */
async function flagValues(
  shape: CommandShape,
  flag: FlagShape,
  { before, value }: { readonly before: string; readonly value: string },
  paths: Paths,
): Promise<Offer> {
  const words =
    typeof flag.values === 'string' || flag.values.length === 0 ? valuesOf(shape.name, flag.long) : flag.values;
  const names = await flagNames(shape.name, flag.long, value, paths);
  const candidates = [...names, ...words.map((word) => ({ word, about: '' }))];
  return {
    candidates: candidates.map(({ word, about }) => ({ word: before + word, about })),
    files: flag.values === 'path',
  };
}

const flagWords = ({ flags }: CommandShape): readonly Candidate[] =>
  flags.flatMap(({ long, short, about }) => [
    { word: `--${long}`, about },
    ...(short === null ? [] : [{ word: `-${short}`, about }]),
  ]);

async function argumentWords(shape: CommandShape, index: number, current: string, paths: Paths): Promise<Offer> {
  const last = shape.arguments.at(-1);
  const argument = shape.arguments[index] ?? (last?.variadic === true ? last : undefined);
  const words = (candidates: readonly Candidate[], files: boolean): Offer => ({ candidates, files });
  if (argument === undefined) return words([], false);
  if (argument.choices.length > 0)
    return words(
      argument.choices.map((word) => ({ word, about: '' })),
      false,
    );
  switch (argument.name) {
    case 'container':
      return words(containerNames(paths, shape.name, current), false);
    case 'image':
      return words(await imageNames(paths, current), false);
    case 'volume':
      return words(volumeNames(paths), false);
    case 'network':
      return words(networkNames(paths), false);
    case 'image-or-file':
      return words(await imageNames(paths, current), true);
    case 'name':
      // What `rename` gives is new; `images` takes a name, `inspect` what has one.
      if (shape.name === 'rename') return words([], false);
      return words(
        [
          ...(shape.name === 'images' ? [] : containerNames(paths, shape.name, current)),
          ...(await imageNames(paths, current)),
          ...(shape.name === 'inspect' ? volumeNames(paths) : []),
        ],
        false,
      );
    case 'file':
    case 'path':
    case 'source':
    case 'command':
      return words([], true);
    default:
      return words([], false);
  }
}
