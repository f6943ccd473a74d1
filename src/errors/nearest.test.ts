import { expect, test } from 'vitest';
import { editDistance, nearest } from './nearest.ts';

test('a swap of two neighbours is one mistake', () => {
  expect(editDistance('memroy', 'memory')).toBe(1);
  expect(editDistance('', 'abc')).toBe(3);
});

test.each([
  ['memroy', 'memory'],
  ['--memroy', null],
  ['imges', 'images'],
  ['xyz', null],
  ['rnu', 'run'],
])('nearest to %s is %s', (word, expected) => {
  expect(nearest(word, ['memory', 'cpus', 'images', 'run', 'rmi'])).toBe(expected);
});
