import { describe, expect, it } from 'vitest';
import { durationMilliseconds } from './duration.ts';

describe('a duration', () => {
  it('is numbers with units, one behind the other', () => {
    const texts = ['0', '5s', '500ms', '1m30s', '1.5h', '250us', '0s'];
    expect(texts.map(durationMilliseconds)).toEqual([0, 5000, 500, 90_000, 5_400_000, 0.25, 0]);
  });
  it('is nothing else', () => {
    for (const text of ['', '5', 's', '-5s', '5s ', '5d', '1.s', 'x']) expect(durationMilliseconds(text)).toBe(null);
  });
});
