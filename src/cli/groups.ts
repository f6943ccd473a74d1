/** docker's groups of commands: `container ls` is `ps`, `image rm` is `rmi`. Each is another name and nothing else. */
import { nearest } from '../errors/nearest.ts';
import { TsrunError } from '../errors/tsrun-error.ts';
import { commandTable } from './command-table.ts';

type Group = 'container' | 'image';

export const isGroup = (name: string): name is Group => name === 'container' || name === 'image';

/** Words that are not the command's own name. */
const other: Readonly<Record<Group, Readonly<Record<string, readonly string[]>>>> = {
  container: { ls: ['ps'], list: ['ps'], ps: ['ps'], remove: ['rm'], inspect: ['inspect', '--type', 'container'] },
  image: { ls: ['images'], list: ['images'], rm: ['rmi'], remove: ['rmi'], inspect: ['inspect', '--type', 'image'] },
};

/** Those that `image` has itself (commands/image.ts). */
const ownOfImage: readonly string[] = ['prune', 'verify', 'tree', 'diff', 'pack', 'unpack'];

const headings: Readonly<Record<Group, string>> = { container: 'Containers:', image: 'Images:' };

/** Commands that have their own name in the group: all of its heading, but for what docker calls differently there. */
const plainNames = (group: Group): readonly string[] =>
  commandTable
    .filter(({ name, group: heading }) => heading === headings[group] && name !== 'images' && name !== 'rmi')
    .map(({ name }) => name)
    .filter((name) => name !== 'inspect' && name !== group);

/**
 * The line without its group; unchanged where the group itself has to answer: help, `image prune`.
 *
 * @example withoutGroup(['container', 'ls', '-a']) // ['ps', '-a']
 * @throws TsrunError USAGE for a word that is none of the group's
 */
export function withoutGroup(line: readonly string[]): readonly string[] {
  const [group, word, ...rest] = line;
  if (group !== 'container' && group !== 'image') return line;
  if (word === undefined || word.startsWith('-') || (group === 'image' && ownOfImage.includes(word))) return line;
  const known = other[group];
  if (Object.hasOwn(known, word)) return [...(known[word] ?? []), ...rest];
  const names = plainNames(group);
  if (names.includes(word)) return [word, ...rest];
  const close = nearest(word, [...Object.keys(known), ...names]);
  throw new TsrunError('WORDS', `unknown command "${group} ${word}"`, {
    why: `tsrun ${group} has no command of that name`,
    hint: close === null ? `tsrun ${group} --help lists them` : `did you mean tsrun ${group} ${close}?`,
  });
}

/** What the members stand for, a line each. */
export function groupHelp(group: Group): string {
  const lines = Object.entries(other[group])
    .filter(([word, command]) => word !== command.join(' ') && word !== 'list' && word !== 'remove')
    .map(([word, command]) => `  ${`${group} ${word}`.padEnd(20)} tsrun ${command.join(' ')}`);
  return [`Other names of commands:`, ...lines, `and ${plainNames(group).join(', ')} are themselves.`].join('\n');
}

/** The words that may follow the group's name, for completion. */
export const groupMembers = (group: Group): readonly { readonly name: string; readonly about: string }[] => [
  ...Object.entries(other[group]).map(([name, command]) => ({ name, about: `tsrun ${command.join(' ')}` })),
  ...plainNames(group).map((name) => ({
    name,
    about: commandTable.find((entry) => entry.name === name)?.summary ?? '',
  })),
];
