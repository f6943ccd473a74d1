import { expect, test } from 'vitest';
import { newNetem, newTokenBucket, parseNetem, parseTokenBucket } from './qdisc.ts';

const optionsOf = ({ attributes }: ReturnType<typeof newNetem>): Buffer =>
  Buffer.from(attributes[1]?.[1] as Uint8Array);

test('what is sent to the kernel about a fault is read as the same', () => {
  for (const netem of [
    { latencyNanoseconds: 100_000_000, jitterNanoseconds: 10_000_000, loss: 0.01, rate: null },
    { latencyNanoseconds: 3_600_000_000_000, jitterNanoseconds: 0, loss: 1, rate: 125_000_000_000 },
    { latencyNanoseconds: 0, jitterNanoseconds: 0, loss: 0, rate: 1000 },
  ]) {
    const { loss, ...read } = parseNetem(optionsOf(newNetem(7, netem)));
    expect({ ...read, loss: Math.round(loss * 1e6) / 1e6 }).toEqual(netem);
  }
  for (const rate of [1000, 1_250_000, 125_000_000_000]) {
    expect(parseTokenBucket(optionsOf(newTokenBucket(7, rate)))).toBe(rate);
  }
});

test('an answer that is too short says nothing', () => {
  expect(parseNetem(Buffer.alloc(3))).toEqual({ latencyNanoseconds: 0, jitterNanoseconds: 0, loss: 0, rate: null });
  expect(parseTokenBucket(Buffer.alloc(3))).toBe(0);
});
