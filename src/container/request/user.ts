/** `USER[:GROUP]`, names or numbers: the syntax alone. Who that is, the image's /etc/passwd says. */
import { badValue, type OptionName } from './bad-value.ts';

/** The highest id that every tool agrees on: beyond it, some read a negative number (and -1 as "leave it"). */
const highestId = 2 ** 31 - 1;

/**
 * Returns what was given, once it is certain that it means one thing only.
 *
 * @throws TsrunError USAGE for ids out of range, blanks, empty parts and signs
 */
export function parseUser(value: string, name: OptionName): string {
  const parts = value.split(':');
  if (parts.length > 2) throw badValue(name, value, 'it has more than one colon', 'write USER or USER:GROUP');
  const [user = '', group = ''] = parts;
  // As with docker ":5" is root in the group 5, and "bob:" is bob in his own group.
  if (user !== '' || group === '') checkPart(user, 'user', value, name);
  if (group !== '') checkPart(group, 'group', value, name);
  return value;
}

/** One `--group-add`. @throws TsrunError USAGE */
export function parseGroup(value: string, name: OptionName): string {
  checkPart(value, 'group', value, name);
  return value;
}

function checkPart(part: string, what: 'user' | 'group', value: string, name: OptionName): void {
  const example = 'write a name or a number, for example www-data or 1000:1000';
  if (part === '') throw badValue(name, value, `the ${what} is empty`, example);
  if (/^\d+$/.test(part)) {
    if (part.length <= 10 && Number(part) <= highestId) return;
    throw badValue(name, value, `the ${what} id ${part} is higher than ${highestId}`, example);
  }
  // No blanks, no control characters, no leading sign: those are how a number gets past a check for numbers.
  if (!/^[\p{L}\p{N}_.][\p{L}\p{N}_.@\\+-]*\$?$/u.test(part))
    throw badValue(name, value, `"${part}" is not a name of a ${what}`, example);
}
