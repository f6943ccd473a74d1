import { expect, test } from 'vitest';
import { outsideId } from './user-namespace.ts';

test('an id of a user namespace is another one outside', () => {
  const podman = '         0       1000          1\n         1     100000      65536\n';
  expect([0, 1, 65_536, 70_000].map((id) => outsideId(podman, id))).toEqual([1000, 100_000, 165_535, 70_000]);
  expect(outsideId('0 0 4294967295\n', 1000)).toBe(1000);
  expect(outsideId('', 7)).toBe(7);
});
