/** Compressed or not: a blob as the bytes that were compressed. */
import { createGunzip } from 'node:zlib';
import { TsrunError } from '../../errors/tsrun-error.ts';
import { addon } from '../../native/addon.ts';

export type Compression = 'gzip' | 'zstd' | 'xz' | 'bzip2' | 'none';

/** Magic bytes: RFC 1952, RFC 8878 (also a skippable frame), the .xz file format, bzip2's own. */
const magics: readonly (readonly [Exclude<Compression, 'none'>, readonly number[]])[] = [
  ['gzip', [0x1f, 0x8b, 0x08]],
  ['zstd', [0x28, 0xb5, 0x2f, 0xfd]],
  ['zstd', [0x50, 0x2a, 0x4d, 0x18]],
  ['xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]],
  ['bzip2', [0x42, 0x5a, 0x68]],
];
const LONGEST = 6;
/** One output buffer: large enough that a chunk's fixed costs vanish, small enough for the cache. */
const CHUNK = 1 << 20;
/** The decompressor gives at most this much at a time (native/addon/decompress.cc). */
const NATIVE_LIMIT = 1 << 20;

/** The format of a blob by its first bytes. */
export function compressionOf(start: Uint8Array): Compression {
  return magics.find(([, magic]) => magic.every((byte, index) => start[index] === byte))?.[0] ?? 'none';
}

/**
 * The decompressed content of `blob`: gzip, zstd, xz and bzip2 by their magic bytes, anything else as it is. Concatenated
 * members are read on, garbage after the last gzip member is ignored (as gzip(1) does).
 *
 * @throws TsrunError IMAGE_INVALID for truncated or damaged data.
 */
export async function* decompress(blob: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  const source = blob[Symbol.asyncIterator]();
  try {
    let start: Buffer = Buffer.alloc(0);
    let over = false;
    while (start.length < LONGEST && !over) {
      const next = await source.next();
      if (next.done === true) over = true;
      else start = start.length === 0 ? asBuffer(next.value) : Buffer.concat([start, next.value]);
    }
    const whole = resumed(start, source, over);
    const format = compressionOf(start);
    if (format === 'none') yield* whole;
    else if (format === 'gzip') yield* gunzip(whole);
    else yield* native(whole, format);
  } finally {
    await source.return?.();
  }
}

const asBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

async function* resumed(start: Buffer, source: AsyncIterator<Uint8Array>, over: boolean): AsyncGenerator<Buffer> {
  if (start.length > 0) yield start;
  if (over) return;
  for (let next = await source.next(); next.done !== true; next = await source.next()) yield asBuffer(next.value);
}

function broken(format: string, cause: unknown): TsrunError {
  const why = cause instanceof Error ? cause.message : String(cause);
  const truncated = /unexpected end|truncated/.test(why);
  return new TsrunError('IMAGE_INVALID', truncated ? `truncated ${format} data` : `damaged ${format} data`, {
    why,
    hint: 'fetch or export the image again',
    cause,
  });
}

async function* gunzip(source: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  const stream = createGunzip({ chunkSize: CHUNK });
  let sourceError: unknown = null;
  let wake = (): void => {};
  for (const event of ['drain', 'close']) stream.on(event, () => wake());
  const feed = async (): Promise<void> => {
    try {
      for await (const chunk of source) {
        if (stream.destroyed) return;
        if (stream.write(chunk)) continue;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
        if (stream.destroyed) return;
      }
      stream.end();
    } catch (error) {
      sourceError = error;
      stream.destroy(error instanceof Error ? error : new Error(String(error)));
    }
  };
  const feeding = feed();
  try {
    for await (const chunk of stream) yield chunk as Buffer;
  } catch (error) {
    if (sourceError instanceof Error) throw sourceError;
    throw broken('gzip', error);
  } finally {
    stream.destroy();
    await feeding;
  }
}

async function* native(source: AsyncGenerator<Buffer>, format: 'zstd' | 'xz' | 'bzip2'): AsyncGenerator<Buffer> {
  const decompressor = addon().createDecompressor(format);
  const push = async (chunk: Buffer, last: boolean): Promise<Buffer> => {
    try {
      return await decompressor.push(chunk, last);
    } catch (error) {
      throw broken(format, error);
    }
  };
  const none = Buffer.alloc(0);
  const drained = async function* (first: Buffer, last: boolean): AsyncGenerator<Buffer> {
    let output = await push(first, last);
    while (output.length > 0) {
      yield output;
      if (output.length < NATIVE_LIMIT) return;
      output = await push(none, last);
    }
  };
  for await (const chunk of source) yield* drained(chunk, false);
  yield* drained(none, true);
}
