import { expect, test } from 'vitest';
import { logTime } from './moment.ts';

const now = Date.parse('2026-01-02T03:14:05Z');

test.each([
  ['2026-01-02T03:04:05.123456789Z', '2026-01-02T03:04:05.123456789Z'],
  ['2026-01-02T03:04:05Z', '2026-01-02T03:04:05.000000000Z'],
  ['2026-01-02T04:04:05+01:00', '2026-01-02T03:04:05.000000000Z'],
  ['10m', '2026-01-02T03:04:05.000000000Z'],
  ['1h10m5s', '2026-01-02T02:04:00.000000000Z'],
  ['1767323045', '2026-01-02T03:04:05.000000000Z'],
])('%s is %s', (text, expected) => {
  expect(logTime(text, '--since', now)).toBe(expected);
});

test.each(['', 'yesterday', '10x', '2026-99-01'])('%j is no moment', (text) => {
  expect(() => logTime(text, '--since', now)).toThrow(/--since/);
});
