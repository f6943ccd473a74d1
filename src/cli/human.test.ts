import { expect, test } from 'vitest';
import { binarySize, humanAge, humanSize } from './human.ts';

test.each([
  [0, '0B'],
  [999, '999B'],
  [1000, '1kB'],
  [7_797_760, '7.8MB'],
  [999_600, '1MB'],
  [12_345_678_901, '12.3GB'],
])('%i bytes are %s', (bytes, text) => {
  expect(humanSize(bytes)).toBe(text);
});

test.each([
  [0, '0B'],
  [1023, '1023B'],
  [3_432_448, '3.273MiB'],
  [1_048_576, '1MiB'],
  [2 ** 40, '1TiB'],
])('%i bytes of memory are %s', (bytes, text) => {
  expect(binarySize(bytes)).toBe(text);
});

test.each([
  [-5, '0 seconds ago'],
  [1, '1 second ago'],
  [119, '119 seconds ago'],
  [120, '2 minutes ago'],
  [3 * 86_400, '3 days ago'],
  [15 * 86_400, '2 weeks ago'],
  [70 * 86_400, '2 months ago'],
  [400 * 86_400, '13 months ago'],
  [800 * 86_400, '2 years ago'],
])('%i seconds are %s', (seconds, text) => {
  expect(humanAge(seconds)).toBe(text);
});
