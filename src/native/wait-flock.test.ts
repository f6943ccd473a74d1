import { expect, test } from 'vitest';
import { askAgain } from './wait-flock.ts';

test('asks until there is an answer', async () => {
  let asked = 0;
  expect(await askAgain(() => (++asked < 4 ? null : asked), null)).toBe(4);
});

test('a wait ends with the reason of its signal', async () => {
  const stop = new AbortController();
  const waited = askAgain(() => null, stop.signal);
  stop.abort(new Error('stopped'));
  await expect(waited).rejects.toThrow('stopped');
  await expect(askAgain(() => 'too late', stop.signal)).rejects.toThrow('stopped');
});
