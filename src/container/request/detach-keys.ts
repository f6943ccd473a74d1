/** The keys with which a person lets go of a container without ending it, written as in docker: `ctrl-p,ctrl-q`. */
import { badValue } from './bad-value.ts';

/** What is typed, each key one byte; '': there are none. */
export type DetachKeys = string & { readonly __brand: 'DetachKeys' };

export const defaultDetachKeys = '\x10\x11' as DetachKeys;

/** As native/monitor/detach_keys.h. */
const mostKeys = 16;

/**
 * @param text keys with commas between: a character, or ctrl- and one of a-z @ [ \ ] ^ _; '': none
 * @throws TsrunError USAGE
 * @example parseDetachKeys('ctrl-a,d', '--detach-keys')
 */
export function parseDetachKeys(text: string, option: string): DetachKeys {
  if (text === '') return '' as DetachKeys;
  const keys = text.split(',').map((word) => keyOf(word));
  if (keys.length > mostKeys || keys.includes(null)) {
    throw badValue(
      option,
      text,
      `it takes up to ${mostKeys} keys with commas between: a character, or ctrl- and one of a-z [ \\ ] ^ _`,
      `for example ${option}=ctrl-a,d, or ${option}= for none`,
    );
  }
  return keys.join('') as DetachKeys;
}

function keyOf(word: string): string | null {
  if (/^[\x20-\x7e]$/.test(word)) return word;
  const letter = /^ctrl-([a-z[\\\]^_])$/i.exec(word)?.[1];
  return letter === undefined ? null : String.fromCharCode(letter.toUpperCase().charCodeAt(0) - 64);
}
