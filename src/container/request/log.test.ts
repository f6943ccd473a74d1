import { expect, test } from 'vitest';
import { type LogRequest, parseLog } from './log.ts';

const parse = (driver: string | undefined, ...options: readonly string[]): LogRequest =>
  parseLog(driver, options, { driver: '--log-driver', options: '--log-opt' });

test('three files of 10 MiB when nobody says', () => {
  expect(parse(undefined)).toEqual({ driver: 'local', size: 10 * 2 ** 20, files: 3 });
  expect(parse('local', 'max-size=64k', 'max-file=1')).toEqual({ driver: 'local', size: 65_536, files: 1 });
  expect(parse('none')).toEqual({ driver: 'none' });
});

test.each<[string | undefined, string, string]>([
  ['json-file', 'max-size=1m', 'a log of tsrun has a format of its own'],
  ['journald', 'tag=x', 'tsrun sends logs nowhere'],
  ['files', 'max-size=1m', 'there is no log driver "files"'],
  ['none', 'max-size=1m', 'nothing is kept'],
  [undefined, 'max-size=1', 'at least 4096 bytes'],
  [undefined, 'max-size=-1', 'a size is a positive number'],
  [undefined, 'max-file=0', 'it is out of range'],
  [undefined, 'mode=non-blocking', 'there is no option "mode"'],
])('%s with %s is refused', (driver, option, why) => {
  expect(() => parse(driver, option)).toThrow(expect.objectContaining({ why: expect.stringContaining(why) as string }));
});
