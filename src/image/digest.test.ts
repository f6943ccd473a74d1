import { expect, test } from 'vitest';
import { chainIds } from './chain-id.ts';
import { isDigest, parseDigest, sha256, shortDigest } from './digest.ts';

const hex = 'a'.repeat(64);

test('a digest is sha256 and 64 lower-case hex digits', () => {
  expect(parseDigest(`sha256:${hex}`, 'x')).toBe(`sha256:${hex}`);
});

test.each([
  'sha256:',
  `sha256:${'A'.repeat(64)}`,
  `sha256:${hex}a`,
  `sha256:${hex}\n`,
  `sha256:../${hex.slice(3)}`,
  `SHA256:${hex}`,
  hex,
])('%j is refused before it can become a path', (text) => {
  expect(isDigest(text)).toBe(false);
  expect(() => parseDigest(text, 'layers[0].digest')).toThrow(expect.objectContaining({ code: 'IMAGE_INVALID' }));
});

test('another algorithm is named as unsupported', () => {
  expect(() => parseDigest(`sha512:${'a'.repeat(128)}`, 'x')).toThrow(
    expect.objectContaining({ code: 'IMAGE_UNSUPPORTED' }),
  );
});

test('the empty digest is the well-known one', () => {
  expect(shortDigest(sha256(''))).toBe('e3b0c44298fc');
});

test('a chain id is the digest of the chain below and the diff id', () => {
  const [a, b, c] = ['a', 'b', 'c'].map(sha256);
  if (!a || !b || !c) throw new Error('three digests');
  const ab = sha256(`${a} ${b}`);
  expect(chainIds([a, b, c])).toEqual([a, ab, sha256(`${ab} ${c}`)]);
});
