/** `--without`: parts of a container left out, to show what they buy. */
import { nearest } from '../../errors/nearest.ts';
import { badValue, type OptionName } from './bad-value.ts';
import type { Primitive } from './run-request.ts';

const primitives: readonly Primitive[] = [
  'mount',
  'pid',
  'network',
  'uts',
  'ipc',
  'cgroup',
  'user',
  'time',
  'overlay',
  'seccomp',
  'caps',
  'pivot-root',
  'masks',
  'no-new-privileges',
  'cgroup-limits',
];

/** The short names of namespaces(7) and clone(2), and what people type. */
const aliases: Readonly<Record<string, Primitive>> = {
  mnt: 'mount',
  net: 'network',
  userns: 'user',
  capabilities: 'caps',
  pivot: 'pivot-root',
  nnp: 'no-new-privileges',
  limits: 'cgroup-limits',
};

/**
 * A comma separates several.
 *
 * @example parseWithout(['pid,net'], '--without') // ['pid', 'network']
 * @throws TsrunError USAGE
 */
export const parseWithout = (given: readonly string[], name: OptionName): Primitive[] => [
  ...new Set(given.flatMap((text) => text.split(',')).map((word) => parsePrimitive(word, name))),
];

function parsePrimitive(word: string, name: OptionName): Primitive {
  const found =
    primitives.find((known) => known === word) ?? (Object.hasOwn(aliases, word) ? aliases[word] : undefined);
  if (found !== undefined) return found;
  const close = nearest(word, [...primitives, ...Object.keys(aliases)]);
  throw badValue(
    name,
    word,
    `what can be left out is ${primitives.join(', ')}`,
    close === null ? 'name one of them, or several with commas' : `did you mean "${close}"?`,
  );
}
