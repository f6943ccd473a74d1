import { expect, test } from 'vitest';
import { canRaiseLimits, effectiveCapabilities, findProgram, subordinateRanges } from './privileges.ts';

test('effective capabilities are read from the status file', () => {
  const status = 'Name:\tnode\nCapInh:\t0000000000000000\nCapEff:\t000001fffeffffff\nCapBnd:\t000001ffffffffff\n';
  expect(effectiveCapabilities(status)).toBe(0x1fffeffffffn);
  expect(canRaiseLimits(effectiveCapabilities(status))).toBe(false);
  expect(canRaiseLimits(1n << 24n)).toBe(true);
  expect(effectiveCapabilities('')).toBe(0n);
});

test('subordinate ranges belong to a name or a number', () => {
  const text = '# comment\nroot:1:2\nme:100000:65536\n1000:300000:10\nmenot:5:5\nme:x:1\nme:7:0\n';
  expect(subordinateRanges(text, 'me', 1000)).toEqual([
    { start: 100000, size: 65536 },
    { start: 300000, size: 10 },
  ]);
});

test('a program is found without PATH', () => {
  expect(findProgram('sh', undefined)).toMatch(/\/sh$/);
  expect(findProgram('sh', '.:relative')).toMatch(/^\//);
  expect(findProgram('no-such-program-here', '/usr/bin')).toBeNull();
});
