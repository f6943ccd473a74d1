/** The addon's SHA-256 against node:crypto's. */
import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { randomHex, sha256Bytes, sha256Hex } from '../../src/native/sha256.ts';

test('is the digest of node:crypto, whatever the length', () => {
  // Around the end of a block, where the padding needs another, and some blocks more.
  for (const size of [...Array(200).keys(), 1000, 4096, 65_537]) {
    const bytes = Uint8Array.from({ length: size }, (_, index) => (index * 31 + size) & 0xff);
    expect(sha256Hex(bytes), `${size} bytes`).toBe(createHash('sha256').update(bytes).digest('hex'));
  }
});

test('reads a part of a buffer as that part', () => {
  const bytes = Buffer.from('abcdefgh').subarray(2, 5);
  expect(sha256Bytes(bytes)).toEqual(createHash('sha256').update('cde').digest());
});

test('hashes text as UTF-8', () => {
  expect(sha256Hex('größer ✓')).toBe(createHash('sha256').update('größer ✓').digest('hex'));
});

test('random names have the length asked for and do not repeat', () => {
  const names = Array.from({ length: 100 }, () => randomHex(32));
  for (const name of names) expect(name).toMatch(/^[0-9a-f]{64}$/);
  expect(new Set(names).size).toBe(names.length);
});
