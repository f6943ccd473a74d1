import { describe, expect, test } from 'vitest';
import { DetachKeyFilter } from './detach-key-filter.ts';

describe('what is typed', () => {
  const type = (keys: string, ...chunks: readonly string[]) => {
    const filter = new DetachKeyFilter(keys);
    const passed = chunks.map((chunk) => filter.pass(Buffer.from(chunk, 'latin1')));
    return [passed.map(({ typed }) => typed.toString('latin1')).join(''), passed.some(({ detached }) => detached)];
  };

  test.each([
    [['ls\n'], 'ls\n', false],
    [['ls\x10\x11rest'], 'ls', true],
    [['ls\x10', '\x11'], 'ls', true],
    [['\x10', 'a'], '\x10a', false],
    [['\x10\x10\x11'], '\x10', true],
    [['\x10'], '', false],
  ] as const)('%j', (chunks, typed, detached) => {
    expect(type('\x10\x11', ...chunks)).toEqual([typed, detached]);
  });

  test('without keys is passed on whole', () => {
    expect(type('', '\x10\x11')).toEqual(['\x10\x11', false]);
  });
});
