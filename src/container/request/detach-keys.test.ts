import { describe, expect, test } from 'vitest';
import { TsrunError } from '../../errors/tsrun-error.ts';
import { defaultDetachKeys, parseDetachKeys } from './detach-keys.ts';

describe('detach keys', () => {
  test.each([
    ['ctrl-p,ctrl-q', '\x10\x11'],
    ['ctrl-a,d', '\x01d'],
    ['CTRL-A', '\x01'],
    ['ctrl-[,ctrl-\\,ctrl-],ctrl-^,ctrl-_', '\x1b\x1c\x1d\x1e\x1f'],
    ['', ''],
  ])('%s', (text, keys) => {
    expect(parseDetachKeys(text, '--detach-keys')).toBe(keys);
  });

  // A NUL cannot be told to the monitor.
  test.each(['ctrl-', 'ctrl-@', 'ctrl-1', 'ab', 'a,,b', 'é', Array(17).fill('a').join(',')])('not %s', (text) => {
    expect(() => parseDetachKeys(text, '--detach-keys')).toThrow(TsrunError);
  });

  test('are docker’s by default', () => {
    expect(defaultDetachKeys).toBe(parseDetachKeys('ctrl-p,ctrl-q', '--detach-keys'));
  });
});
