/** The functions of a template: Go's, and those that docker adds. */
import { equalsOne, isLess } from './compare.ts';
import { formatted } from './printf.ts';
import { ArgumentFault } from './template-error.ts';
import { isObject, isTrue, kindOf, shown } from './values.ts';

interface TemplateFunction {
  readonly least: number;
  readonly most: number;
  /** @throws ArgumentFault */
  readonly apply: (values: readonly unknown[]) => unknown;
}

const takes = (least: number, most: number, apply: TemplateFunction['apply']): TemplateFunction => ({
  least,
  most,
  apply,
});
const any = Number.POSITIVE_INFINITY;

/** `and` and `or` do not look at what no longer matters; evaluate-pipeline.ts gives them the rest unread. */
export const shortCircuit: Readonly<Record<string, (value: unknown) => boolean>> = {
  and: (value) => !isTrue(value),
  or: isTrue,
};

const table: Readonly<Record<string, TemplateFunction>> = {
  // Go's own.
  and: takes(1, any, (values) => values.find((value) => !isTrue(value)) ?? values.at(-1)),
  or: takes(1, any, (values) => values.find(isTrue) ?? values.at(-1)),
  not: takes(1, 1, ([value]) => !isTrue(value)),
  eq: takes(2, any, equalsOne),
  ne: takes(2, 2, (values) => !equalsOne(values)),
  lt: takes(2, 2, ([a, b]) => isLess(a, b)),
  le: takes(2, 2, ([a, b]) => !isLess(b, a)),
  gt: takes(2, 2, ([a, b]) => isLess(b, a)),
  ge: takes(2, 2, ([a, b]) => !isLess(a, b)),
  index: takes(1, any, ([value, ...keys]) => keys.reduce(item, value)),
  slice: takes(1, 3, ([value, ...ends]) => slice(value, ends)),
  len: takes(1, 1, ([value]) => length(value)),
  print: takes(0, any, print),
  println: takes(0, any, (values) => `${values.map(shown).join(' ')}\n`),
  printf: takes(1, any, ([format, ...values]) => formatted(text(format), values)),
  html: takes(1, any, (values) => print(values).replaceAll(/[&<>"']/g, (mark) => entities[mark] ?? mark)),
  urlquery: takes(1, any, (values) => new URLSearchParams([['', print(values)]]).toString().slice(1)),
  // docker's.
  json: takes(1, 1, ([value]) => JSON.stringify(value) ?? 'null'),
  join: takes(2, 2, ([list, separator]) => items(list).map(shown).join(text(separator))),
  split: takes(2, 2, ([value, separator]) => text(value).split(text(separator))),
  upper: takes(1, 1, ([value]) => text(value).toUpperCase()),
  lower: takes(1, 1, ([value]) => text(value).toLowerCase()),
  title: takes(1, 1, ([value]) =>
    text(value).replaceAll(/(?<![\p{L}\p{N}_])\p{L}/gu, (letter) => letter.toUpperCase()),
  ),
  pad: takes(3, 3, ([value, before, after]) =>
    text(value) === '' ? '' : ' '.repeat(count(before)) + text(value) + ' '.repeat(count(after)),
  ),
  truncate: takes(2, 2, ([value, length]) => [...text(value)].slice(0, count(length)).join('')),
};

export const functionNames: readonly string[] = Object.keys(table).sort();

/** What a template is filled in from: values, or the headings above them, which stay as they are where a value is changed. */
export type Filling = 'values' | 'headings';

const keepsHeadings: ReadonlySet<string> = new Set(['json', 'join', 'split', 'upper', 'lower', 'title', 'truncate']);

/** @throws ArgumentFault */
export function callFunction(name: string, values: readonly unknown[], filling: Filling): unknown {
  const { least, most, apply } = table[name] ?? takes(0, 0, () => undefined);
  if (values.length < least || values.length > most) {
    const wanted = least === most ? `${least}` : most === any ? `${least} or more` : `${least} to ${most}`;
    throw new ArgumentFault(
      `${name} takes ${wanted} value${wanted === '1' ? '' : 's'} and is given ${values.length}`,
      examples[name] ?? `write for example {{${name} .ID}}`,
    );
  }
  return filling === 'headings' && keepsHeadings.has(name) ? values[0] : apply(values);
}

const examples: Readonly<Record<string, string>> = {
  join: `write for example {{join .Config.Env ","}}`,
  split: `write for example {{split .Image ":"}}`,
  index: `write for example {{index .Config.Labels "maintainer"}}`,
  printf: `write for example {{printf "%.12s" .Id}}`,
  truncate: `write for example {{truncate .Id 12}}`,
  eq: `write for example {{if eq .State.Status "running"}}`,
};
const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&#34;',
  "'": '&#39;',
};

function text(value: unknown): string {
  if (typeof value === 'string') return value;
  throw new ArgumentFault(`${kindOf(value)} stands where a text should`, 'json or printf "%v" make a text of anything');
}

function count(value: unknown): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0) return value;
  throw new ArgumentFault(`${kindOf(value)} stands where a number should`, 'write for example {{truncate .Id 12}}');
}

/** A list that is missing from a document is an empty one. */
function items(value: unknown): readonly unknown[] {
  if (value === null || value === undefined) return [];
  if (Array.isArray(value)) return value;
  throw new ArgumentFault(`${kindOf(value)} stands where a list should`, 'join is for lists such as .Config.Env');
}

function length(value: unknown): number {
  if (value === null || value === undefined) return 0;
  if (Array.isArray(value)) return value.length;
  if (typeof value === 'string') return Buffer.byteLength(value);
  if (isObject(value)) return Object.keys(value).length;
  throw new ArgumentFault(`${kindOf(value)} has no length`, 'len is for texts, lists and objects');
}

function item(value: unknown, key: unknown): unknown {
  if (value === null || value === undefined) return '';
  if (isObject(value)) {
    const name = text(key);
    if (Object.hasOwn(value, name)) return value[name];
    // Of a map of texts, which labels are, what is missing is an empty text.
    return Object.values(value).every((each) => typeof each === 'string') ? '' : undefined;
  }
  if (!Array.isArray(value) && typeof value !== 'string')
    throw new ArgumentFault(`${kindOf(value)} has nothing to index`, examples['index'] ?? '');
  const list = Array.isArray(value) ? value : [...Buffer.from(value)];
  if (typeof key !== 'number')
    throw new ArgumentFault(
      `a list is indexed by a number, not by ${kindOf(key)}`,
      'write for example {{index .Args 0}}',
    );
  if (key < 0 || key >= list.length)
    throw new ArgumentFault(
      `index ${key} is out of range: there ${list.length === 1 ? 'is 1' : `are ${list.length}`}`,
      'the first has index 0; look at the length with {{len ...}}',
    );
  return list[key];
}

function slice(value: unknown, ends: readonly unknown[]): unknown {
  if (!Array.isArray(value) && typeof value !== 'string')
    throw new ArgumentFault(`${kindOf(value)} cannot be sliced`, 'slice is for texts and lists');
  const whole = typeof value === 'string' ? Buffer.from(value) : value;
  const [from = 0, to = whole.length] = ends.map(count);
  if (from > to || to > whole.length)
    throw new ArgumentFault(
      `${from} to ${to} is out of range: there are ${whole.length}`,
      'truncate takes what there is',
    );
  return typeof value === 'string' ? Buffer.from(value).subarray(from, to).toString() : value.slice(from, to);
}

/** Blanks stand between two that are no texts. */
function print(values: readonly unknown[]): string {
  return values
    .map((value, index) =>
      index > 0 && typeof value !== 'string' && typeof values[index - 1] !== 'string'
        ? ` ${shown(value)}`
        : shown(value),
    )
    .join('');
}
