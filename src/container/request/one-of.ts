/** Options whose value is one of a few words. */
import { nearest } from '../../errors/nearest.ts';
import { badValue, type OptionName } from './bad-value.ts';

/** `a`, `a or b`, `a, b or c`. */
export const orList = (words: readonly string[]): string =>
  words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words[words.length - 1]}`;

/**
 * The word itself, typed.
 * @throws TsrunError USAGE listing the words, and the nearest one when there is one.
 */
export function parseOneOf<const Word extends string>(value: string, words: readonly Word[], name: OptionName): Word {
  const found = words.find((word) => word === value);
  if (found !== undefined) return found;
  const close = nearest(value, words);
  throw badValue(
    name,
    value,
    `it can be ${orList(words)}`,
    close === null ? `choose one of ${words.join(', ')}` : `did you mean "${close}"?`,
  );
}
