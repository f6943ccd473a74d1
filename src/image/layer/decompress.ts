/** Compressed or not: a blob as the bytes that were compressed. */
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
const CHUNK = 512 * 1024;

/** Gives a buffer to fill. */
export type Allocate = () => Promise<Buffer>;

const freshBuffer: Allocate = () => Promise.resolve(Buffer.allocUnsafeSlow(CHUNK));

/** The format of a blob by its first bytes. */
export function compressionOf(start: Uint8Array): Compression {
  return magics.find(([, magic]) => magic.every((byte, index) => start[index] === byte))?.[0] ?? 'none';
}

/**
 * The decompressed content of `blob`: gzip, zstd, xz and bzip2 by their magic bytes, anything else as it is. Concatenated
 * members are read on, garbage after the last gzip member is ignored (as gzip(1) does). A chunk of the blob need not stay as it
 * is once the next one was asked for.
 *
 * @param what the blob, as the rest of "cannot read ..."
 * @throws TsrunError IMAGE_INVALID for truncated or damaged data.
 */
export async function* decompress(blob: AsyncIterable<Uint8Array>, what: string): AsyncGenerator<Buffer> {
  yield* decoded(blob, freshBuffer, (whole) => whole, what);
}

/** The same, every chunk in a buffer that `allocate` gave. */
export async function* decompressInto(
  blob: AsyncIterable<Uint8Array>,
  allocate: Allocate,
  what: string,
): AsyncGenerator<Buffer> {
  yield* decoded(blob, allocate, (whole) => copied(whole, allocate), what);
}

async function* decoded(
  blob: AsyncIterable<Uint8Array>,
  allocate: Allocate,
  asItIs: (whole: AsyncGenerator<Buffer>) => AsyncGenerator<Buffer>,
  what: string,
): AsyncGenerator<Buffer> {
  const source = blob[Symbol.asyncIterator]();
  try {
    let start: Buffer = Buffer.alloc(0);
    let over = false;
    while (start.length < LONGEST && !over) {
      const next = await source.next();
      if (next.done === true) over = true;
      else start = Buffer.concat([start, next.value]);
    }
    const whole = resumed(start, source, over);
    const format = compressionOf(start);
    if (format === 'none') yield* asItIs(whole);
    else yield* inflated(whole, format, allocate, what);
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

function broken(format: string, cause: unknown, what: string): TsrunError {
  const why = cause instanceof Error ? cause.message : String(cause);
  const truncated = /unexpected end|truncated/.test(why);
  return new TsrunError('IMAGE_INVALID', `cannot read ${what}: ${truncated ? 'truncated' : 'damaged'} ${format} data`, {
    why,
    hint: 'fetch or export the image again',
    cause,
  });
}

async function* copied(source: AsyncGenerator<Buffer>, allocate: Allocate): AsyncGenerator<Buffer> {
  for await (const chunk of source) {
    for (let at = 0; at < chunk.length; ) {
      const output = await allocate();
      const length = chunk.copy(output, 0, at);
      at += length;
      yield output.subarray(0, length);
    }
  }
}

async function* inflated(
  source: AsyncGenerator<Buffer>,
  format: Exclude<Compression, 'none'>,
  allocate: Allocate,
  what: string,
): AsyncGenerator<Buffer> {
  const decompressor = addon().createDecompressor(format);
  let output = await allocate();
  let filled = 0;
  const run = async (input: Buffer, last: boolean) => {
    try {
      return await decompressor.run(input, output.subarray(filled), last);
    } catch (error) {
      throw broken(format, error, what);
    }
  };
  const drained = async function* (input: Buffer, last: boolean): AsyncGenerator<Buffer> {
    for (let left = input; ; ) {
      const { consumed, produced } = await run(left, last);
      left = left.subarray(consumed);
      filled += produced;
      if (filled < output.length) return;
      yield output;
      output = await allocate();
      filled = 0;
    }
  };
  for await (const chunk of source) yield* drained(chunk, false);
  yield* drained(Buffer.alloc(0), true);
  if (filled > 0) yield output.subarray(0, filled);
}
