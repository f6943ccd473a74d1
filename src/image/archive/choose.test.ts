import { describe, expect, test } from 'vitest';
import { digestOfHex } from '../digest.ts';
import { hostPlatform, parsePlatform } from '../platform.ts';
import { chooseImage } from './choose-image.ts';
import { choosePlatform } from './choose-platform.ts';
import type { FoundImage } from './found-image.ts';

const image = (names: readonly string[], hex = '0'): FoundImage => ({
  names,
  digests: [digestOfHex(hex.padEnd(64, '0'))],
  read: () => Promise.reject(new Error('not read here')),
});

describe('of several images', () => {
  const one = image(['alpine:3.20', 'alpine:latest'], 'abcd');
  const two = image(['docker.io/library/busybox:1.36'], 'abce');
  const three = image([], 'ffff');
  const all = [one, two, three];
  const choose = (selector: string | null) => chooseImage(all, 'images.tar', selector);

  test.each([
    ['alpine:3.20', one],
    ['alpine', one],
    ['docker.io/library/alpine', one],
    ['3.20', one],
    ['busybox:1.36', two],
    ['1.36', two],
    ['abcd', one],
    ['sha256:abce', two],
    ['ffff', three],
  ])('"%s" chooses one', (selector, chosen) => {
    expect(choose(selector)).toBe(chosen);
  });

  test('none chosen: the error lists what to type', () => {
    expect(() => choose(null)).toThrow(
      expect.objectContaining({
        code: 'IMAGE_AMBIGUOUS',
        hint: 'choose one: images.tar:alpine:3.20, images.tar:busybox:1.36, images.tar:ffff00000000',
      }),
    );
  });

  test('a selector that fits two is ambiguous', () => {
    expect(() => chooseImage([image(['a:1'], 'a'), image(['b:1'], 'b')], 'x.tar', '1')).toThrow(
      expect.objectContaining({ code: 'IMAGE_AMBIGUOUS' }),
    );
  });

  test('a typing mistake gets the nearest name', () => {
    expect(() => choose('alpine:3.21')).toThrow(
      expect.objectContaining({ code: 'IMAGE_NOT_FOUND', hint: 'did you mean "images.tar:alpine:3.20"?' }),
    );
  });
});

test('the only image needs no selector, and one that does not fit is still refused', () => {
  const only = image(['a:1']);
  expect(chooseImage([only], 'a.tar', null)).toBe(only);
  expect(() => chooseImage([only], 'a.tar', 'other')).toThrow(
    expect.objectContaining({ code: 'IMAGE_NOT_FOUND', why: 'it holds a.tar:a:1', hint: 'leave ":other" out' }),
  );
});

test('an archive without an image is refused', () => {
  expect(() => chooseImage([], 'a.tar', null)).toThrow(expect.objectContaining({ code: 'IMAGE_INVALID' }));
});

describe('of several platforms', () => {
  const offered = ['linux/arm64', 'linux/amd64', 'linux/arm/v6'].map((text) => ({ platform: parsePlatform(text) }));
  const choose = (wanted: string) => choosePlatform(offered, parsePlatform(wanted), 'x.tar');

  test('the best fitting is chosen', () => {
    expect(choose('linux/arm/v7')).toEqual([{ platform: parsePlatform('linux/arm/v6') }]);
    expect(choose('amd64')).toEqual([{ platform: parsePlatform('linux/amd64') }]);
  });

  test('none fits: the error lists them', () => {
    expect(() => choose('linux/s390x')).toThrow(
      expect.objectContaining({ code: 'IMAGE_PLATFORM', why: 'it is for linux/arm64, linux/amd64, linux/arm/v6' }),
    );
  });

  const here = hostPlatform().architecture;
  const elsewhere = here === 'amd64' ? 'arm64' : 'amd64';
  const emulated = `"--platform linux/${elsewhere}" uses it all the same, which needs an emulator (qemu-user, binfmt_misc)`;
  test.each([
    [`linux/${elsewhere}`, emulated],
    ['windows/amd64', 'look for one that is made for Linux'],
    [
      'linux/amd64/v3',
      here === 'amd64'
        ? emulated.replace(/linux.*/, 'linux/amd64/v3" uses it all the same, which needs a processor of that kind')
        : emulated.replace('amd64"', 'amd64/v3"'),
    ],
  ])('one for %s alone: the error says what can be done', (platform, hint) => {
    const only = [{ platform: parsePlatform(platform) }];
    expect(() => choosePlatform(only, null, 'x.tar')).toThrow(expect.objectContaining({ hint }));
  });

  test('an image that does not say fits everything', () => {
    const unsaid = [{ platform: { os: 'linux', architecture: '', variant: null } }];
    expect(choosePlatform(unsaid, parsePlatform('linux/s390x'), 'x')).toEqual(unsaid);
  });
});
