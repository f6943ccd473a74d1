/** `--format '{{.Field}}'`: the small part of Go's templates that people use with docker. */
import { nearest } from '../errors/nearest.ts';
import { TsrunError } from '../errors/tsrun-error.ts';

/** Renders one record. */
export type Template = (record: Readonly<Record<string, unknown>>) => string;

/**
 * Knows `{{.A.B}}`, `{{.}}`, `{{json .A}}`, and `\t` and `\n` outside of braces.
 *
 * @example compileTemplate('{{.ID}}\\t{{json .Labels}}')({ ID: 'x', Labels: {} }) // 'x\t{}'
 * @throws TsrunError USAGE for what it does not know
 */
export function compileTemplate(text: string): Template {
  const unclosed = text.replaceAll(/\{\{.*?\}\}/gs, '').indexOf('{{');
  if (unclosed !== -1) {
    throw new TsrunError('USAGE', `cannot understand --format ${JSON.stringify(text)}`, {
      why: 'a {{ has no }}',
      hint: 'write for example {{.ID}}',
    });
  }
  const parts = [...text.matchAll(/\{\{(.*?)\}\}|((?:(?!\{\{).)+)/gs)].map(([, action, literal]) =>
    action === undefined ? constant(literal ?? '') : compileAction(action.replaceAll(/^-|-$/g, '').trim(), text),
  );
  return (record) => parts.map((part) => part(record)).join('');
}

const constant = (literal: string): Template => {
  const text = literal.replaceAll('\\t', '\t').replaceAll('\\n', '\n');
  return () => text;
};

function compileAction(action: string, text: string): Template {
  const match = /^(?:(json|upper|lower)\s+)?(\.(?:\w+(?:\.\w+)*)?)$/.exec(action);
  if (match === null) {
    throw new TsrunError('USAGE', `cannot understand {{${action}}} in --format ${JSON.stringify(text)}`, {
      why: 'known are {{.Field}}, {{.Field.Field}}, {{json .Field}}, {{upper .Field}} and {{lower .Field}}',
      hint: 'use --format json and a program such as jq for more',
    });
  }
  const path = (match[2] ?? '.')
    .slice(1)
    .split('.')
    .filter((name) => name !== '');
  const apply = filters[match[1] ?? 'plain'] ?? plain;
  return (record) => apply(lookUp(record, path, action));
}

const plain = (value: unknown): string =>
  typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value ?? '');

const filters: Readonly<Record<string, (value: unknown) => string>> = {
  plain,
  json: (value) => JSON.stringify(value) ?? 'null',
  upper: (value) => plain(value).toUpperCase(),
  lower: (value) => plain(value).toLowerCase(),
};

function lookUp(record: unknown, path: readonly string[], action: string): unknown {
  let at = record;
  for (const name of path) {
    const known = typeof at === 'object' && at !== null ? Object.keys(at) : [];
    const key = known.find((candidate) => candidate === name);
    if (key === undefined) {
      const close = nearest(name, known);
      throw new TsrunError('USAGE', `there is no field "${name}" for {{${action}}}`, {
        why: known.length === 0 ? 'what stands before it has no fields' : `the fields are ${known.join(', ')}`,
        hint: close === null ? 'field names are case-sensitive' : `did you mean ".${close}"?`,
      });
    }
    at = (at as Readonly<Record<string, unknown>>)[key];
  }
  return at;
}
