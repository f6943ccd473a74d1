import { expect, test } from 'vitest';
import { freePort } from './free-port.ts';

const taken = (): Promise<number> => Promise.reject(Object.assign(new Error('taken'), { code: 'EADDRINUSE' }));

test('a port that no connection gets as its own end is chosen, and another where it is taken', async () => {
  const asked: number[] = [];
  const numbers = [0, 0.999999, 0.5];
  const port = await freePort(
    (each) => {
      asked.push(each);
      return asked.length < 3 ? taken() : Promise.resolve(each);
    },
    '32768\t60999\n',
    () => numbers.shift() ?? 0,
  );
  expect(asked).toEqual([61_000, 65_535, 63_268]);
  expect(port).toBe(63_268);
});

test.each([
  ['all of them are given out', '1024\t65535\n'],
  ['nobody says which are given out', ''],
])('the kernel chooses where %s', async (_, range) => {
  expect(await freePort((port) => Promise.resolve(port === 0 ? 40_000 : 1), range)).toBe(40_000);
});

test('the kernel chooses where every one that was tried is taken; what is not about that port is not tried again', async () => {
  expect(await freePort((port) => (port === 0 ? Promise.resolve(40_000) : taken()), '32768 60999')).toBe(40_000);
  const refused = Object.assign(new Error('refused'), { code: 'EADDRNOTAVAIL' });
  await expect(freePort(() => Promise.reject(refused), '32768 60999')).rejects.toBe(refused);
});
