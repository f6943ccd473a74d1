import { gzipSync } from 'node:zlib';
import { describe, expect, test, vi } from 'vitest';
import { bzip2, concatenated, noise, xz, zstd } from '../../../rootfs-fixtures/layers/compressed.ts';
import { compressionOf, decompress } from './decompress.ts';

async function* chunks(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}
async function read(bytes: Buffer, size = 65_536): Promise<Buffer> {
  const out: Buffer[] = [];
  for await (const chunk of decompress(chunks(bytes, size), '"image.tar"')) out.push(chunk);
  return Buffer.concat(out);
}
const compress = { gzip: (data: Buffer) => gzipSync(data), zstd, xz, bzip2 };
const formats = Object.keys(compress) as (keyof typeof compress)[];
/** Random enough not to vanish, repeated enough to compress, larger than one output buffer. */
const data = concatenated(noise(100_000), Buffer.alloc(3 << 20, 'tsrun '), noise(10));

test('what has no magic bytes is passed on as it is', async () => {
  expect(compressionOf(Buffer.from('plain'))).toBe('none');
  for (const bytes of [Buffer.alloc(0), Buffer.from('x'), data])
    expect((await read(bytes, 7000)).equals(bytes)).toBe(true);
});

describe.each(formats)('%s', (format) => {
  const bytes = compress[format](data);
  test('is told by its first bytes', () => expect(compressionOf(bytes)).toBe(format));
  test('gives what was compressed, in chunks of any size', async () => {
    for (const size of [1000, 65_536, bytes.length]) expect((await read(bytes, size)).equals(data)).toBe(true);
    const small = Buffer.from('small');
    expect(await read(compress[format](small), 1)).toEqual(small);
  });
  test('reads concatenated members on', async () => {
    const twice = concatenated(bytes, compress[format](Buffer.from('more')));
    expect((await read(twice, 5000)).equals(concatenated(data, Buffer.from('more')))).toBe(true);
  });
  test('an empty content is empty', async () => {
    expect(await read(compress[format](Buffer.alloc(0)))).toHaveLength(0);
  });
  test('truncated data is refused', async () => {
    for (const length of [20, bytes.length >> 1, bytes.length - 1]) {
      await expect(read(bytes.subarray(0, length))).rejects.toMatchObject({
        code: 'IMAGE_INVALID',
        message: `cannot read "image.tar": truncated ${format} data`,
      });
    }
  });
  test('damaged data is refused', async () => {
    const broken = Buffer.from(bytes);
    for (let at = 40; at < 140; at += 1) broken[at] = ~(broken[at] ?? 0);
    await expect(read(broken)).rejects.toMatchObject({ code: 'IMAGE_INVALID', name: 'TsrunError' });
  });
  test('an error of the source is passed on as it is', async () => {
    const cause = new Error('the source broke');
    async function* source(): AsyncGenerator<Buffer> {
      yield bytes.subarray(0, 1000);
      throw cause;
    }
    const reading = async (): Promise<void> => {
      for await (const chunk of decompress(source(), '"image.tar"')) expect(chunk.length).toBeGreaterThan(0);
    };
    await expect(reading()).rejects.toBe(cause);
  });
  test('the source is closed when the reader stops early', async () => {
    let closed = false;
    async function* source(): AsyncGenerator<Buffer> {
      try {
        yield* chunks(bytes, 4096);
      } finally {
        closed = true;
      }
    }
    for await (const chunk of decompress(source(), '"image.tar"')) if (chunk.length > 0) break;
    expect(closed).toBe(true);
  });
});

test('garbage after a gzip member is ignored, as gzip(1) does', async () => {
  expect((await read(concatenated(compress.gzip(data), Buffer.alloc(1024), Buffer.from('garbage')))).equals(data)).toBe(
    true,
  );
});
test('an xz file may be padded', async () => {
  expect((await read(concatenated(xz(data), Buffer.alloc(8)))).equals(data)).toBe(true);
});

test('a long gzip stream gives no warning about leaking listeners', async () => {
  const warn = vi.spyOn(process, 'emitWarning');
  const bytes = gzipSync(noise(4 << 20));
  expect(await read(bytes, 65_536)).toHaveLength(4 << 20);
  expect(warn).not.toHaveBeenCalled();
});
