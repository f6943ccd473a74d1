/** The decompressors on damaged input: an error or some output, and under the sanitizers nothing else. */
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { bzip2, noise, xz, zstd } from '../../rootfs-fixtures/layers/compressed.ts';
import { addon } from '../../src/native/addon.ts';

const data = Buffer.concat([noise(3000), Buffer.alloc(200_000, 'tsrun '), noise(100)]);
const formats = { gzip: (bytes: Buffer) => gzipSync(bytes), zstd, xz, bzip2 } as const;

/** Decodes with buffers of odd sizes; never makes more than a deflate bomb of this size could. */
async function decode(format: keyof typeof formats, bytes: Buffer): Promise<Buffer> {
  const decompressor = addon().createDecompressor(format);
  const pieces: Buffer[] = [];
  let size = 0;
  for (let at = 0; at <= bytes.length; at += 777) {
    const last = at + 777 > bytes.length;
    for (let left = bytes.subarray(at, at + 777); ; ) {
      const output = Buffer.alloc(4999);
      const { consumed, produced } = await decompressor.run(left, output, last);
      expect(consumed <= left.length && produced <= output.length).toBe(true);
      pieces.push(output.subarray(0, produced));
      size += produced;
      left = left.subarray(consumed);
      if (produced < output.length || size > 8 << 20) break;
    }
  }
  return Buffer.concat(pieces);
}

describe.each(Object.keys(formats) as (keyof typeof formats)[])('%s', (format) => {
  const bytes = formats[format](data);
  test('whole data through small buffers', async () => {
    expect((await decode(format, bytes)).equals(data)).toBe(true);
  });
  test('three hundred damaged streams', async () => {
    let refused = 0;
    for (let round = 0; round < 300; round += 1) {
      const broken = Buffer.from(bytes);
      for (let flips = 0; flips <= round % 4; flips += 1) {
        const at = (round * 7919 + flips * 104_729) % broken.length;
        broken[at] = (broken[at] ?? 0) ^ (1 << ((round + flips) % 8));
      }
      await decode(format, broken).catch(() => {
        refused += 1;
      });
    }
    // A few bits do not matter: a time, a flag, what follows the end.
    expect(refused).toBeGreaterThan(250);
  });
});

test('a decompressor is asked for one thing at a time', async () => {
  const decompressor = addon().createDecompressor('gzip');
  const running = decompressor.run(gzipSync(data), Buffer.alloc(100), false);
  expect(() => decompressor.run(Buffer.alloc(0), Buffer.alloc(100), true)).toThrow('before the last call was done');
  await running;
});
