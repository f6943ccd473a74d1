import { expect, test } from 'vitest';
import { parseGroup, parseUser } from './user.ts';

test.each([
  '0',
  '1',
  '1000:1000',
  '2147483647',
  'www-data',
  'www-data:adm',
  '0x0',
  'a.b_c',
  'DOMAIN\\me',
  'me@ad',
  'krb$',
  'jürgen',
  ':1',
  '1:',
])('a user may be written %j', (text) => {
  expect(parseUser(text, '-u')).toBe(text);
});

test.each([
  ['', 'the user is empty'],
  ['-1', 'is not a name of a user'],
  ['+1', 'is not a name of a user'],
  [' 0', 'is not a name of a user'],
  ['0 ', 'is not a name of a user'],
  ['0\n', 'is not a name of a user'],
  ['2147483648', 'is higher than 2147483647'],
  ['4294967295', 'is higher than 2147483647'],
  ['4294967296', 'is higher than 2147483647'],
  ['99999999999', 'is higher than 2147483647'],
  ['00000000000', 'is higher than 2147483647'],
  [':', 'the user is empty'],
  ['1000:0:0', 'more than one colon'],
  ['0:4294967295', 'the group id 4294967295 is higher'],
  ['a/b', 'is not a name of a user'],
])('the user %j is refused', (text, why) => {
  expect(() => parseUser(text, '-u')).toThrow(
    expect.objectContaining({ code: 'USAGE', why: expect.stringContaining(why) }),
  );
});

test('a group is checked in the same way', () => {
  expect(parseGroup('adm', '--group-add')).toBe('adm');
  expect(() => parseGroup('1:2', '--group-add')).toThrow();
});
