/** The parts of a `--filter`. */
import { badValue } from '../container/request/bad-value.ts';

/** @throws TsrunError USAGE when there is no `=` */
export function splitCondition(text: string): readonly [key: string, value: string] {
  const [key, value] = splitPair(text);
  if (value === null) throw badValue('--filter', text, 'there is no =', 'write for example label=team=web');
  return [key, value];
}

/**
 * commander's parser that gathers conditions. One without `=` is a mistake of the line, as with docker; what it asks for is the command's
 * to judge.
 */
export function appendCondition(text: string, before: readonly string[]): readonly string[] {
  splitCondition(text);
  return [...before, text];
}

/** @param text `KEY` or `KEY=VALUE` */
export function hasLabel(text: string): (labels: Readonly<Record<string, string>>) => boolean {
  const [key, wanted] = splitPair(text);
  return (labels) => Object.hasOwn(labels, key) && (wanted === null || labels[key] === wanted);
}

function splitPair(text: string): readonly [string, string | null] {
  const at = text.indexOf('=');
  return at === -1 ? [text, null] : [text.slice(0, at), text.slice(at + 1)];
}
