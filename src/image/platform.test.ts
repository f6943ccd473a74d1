import { describe, expect, test } from 'vitest';
import { parsePlatform, platformFit, showPlatform } from './platform.ts';

describe('--platform', () => {
  test.each([
    ['linux/amd64', 'linux/amd64'],
    ['linux/arm/v7', 'linux/arm/v7'],
    ['arm64', 'linux/arm64'],
    ['linux/x86_64', 'linux/amd64'],
    ['aarch64', 'linux/arm64'],
  ])('%s is %s', (typed, shown) => {
    expect(showPlatform(parsePlatform(typed))).toBe(shown);
  });

  test.each(['', '/', 'linux/', '/amd64', 'a/b/c/d', 'linux/am d64'])('%j is refused', (typed) => {
    expect(() => parsePlatform(typed)).toThrow(expect.objectContaining({ code: 'USAGE' }));
  });
});

describe('what fits', () => {
  const suits = (offered: string, wanted: string): number => platformFit(parsePlatform(offered), parsePlatform(wanted));

  test('arm64 and arm64/v8 are the same', () => {
    expect(suits('linux/arm64/v8', 'linux/arm64')).toBe(suits('linux/arm64', 'linux/arm64/v8'));
  });

  test('the nearest older arm variant is better than an older one, and a newer one is no choice', () => {
    expect(suits('linux/arm/v6', 'linux/arm/v7')).toBeGreaterThan(suits('linux/arm/v5', 'linux/arm/v7'));
    expect(suits('linux/arm/v7', 'linux/arm/v6')).toBe(0);
  });

  test('an image for 386 serves an amd64 machine when there is nothing better', () => {
    expect(suits('linux/386', 'linux/amd64')).toBeGreaterThan(0);
    expect(suits('linux/386', 'linux/amd64')).toBeLessThan(suits('linux/amd64', 'linux/amd64'));
  });

  test.each([
    ['windows/amd64', 'linux/amd64'],
    ['linux/arm64', 'linux/amd64'],
    ['linux/amd64/v4', 'linux/amd64'],
  ])('%s is not for %s', (offered, wanted) => {
    expect(suits(offered, wanted)).toBe(0);
  });
});
