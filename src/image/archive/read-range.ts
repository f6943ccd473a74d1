/** Part of a file as a stream. A ReadStream would close the descriptor when its reader stops early; several read at once here. */
import type { FileHandle } from 'node:fs/promises';
import { TsrunError } from '../../errors/tsrun-error.ts';

/** Large enough that one read costs little beside what is done with its bytes. */
const readSize = 512 * 1024;

/**
 * The bytes of a range, read ahead by one chunk. A chunk is valid until the next is asked for: two buffers take turns, as fresh ones
 * would cost more than reading (the kernel clears every page of them). The file must stay open until the stream was read or given up.
 *
 * @param name what the error calls the file
 * @throws TsrunError IMAGE_INVALID when the file became shorter
 */
export async function* readRange(
  file: FileHandle,
  range: { readonly offset: number; readonly size: number },
  name: string,
): AsyncGenerator<Uint8Array> {
  const end = range.offset + range.size;
  const length = Math.min(readSize, range.size);
  const buffers = [Buffer.allocUnsafeSlow(length), Buffer.allocUnsafeSlow(length)] as const;
  const readAt = (at: number, into: Buffer): Promise<Buffer> => {
    const chunk = readChunk(file, at, into.subarray(0, end - at), name);
    // It may fail after the reader has gone.
    chunk.catch(() => undefined);
    return chunk;
  };
  let [current, other] = buffers;
  let ahead = range.size > 0 ? readAt(range.offset, current) : null;
  for (let at = range.offset; ahead !== null; ) {
    const chunk = await ahead;
    at += chunk.length;
    ahead = at < end ? readAt(at, other) : null;
    [current, other] = [other, current];
    yield chunk;
  }
}

async function readChunk(file: FileHandle, at: number, buffer: Buffer, name: string): Promise<Buffer> {
  const { bytesRead } = await file.read(buffer, 0, buffer.length, at);
  if (bytesRead > 0) return buffer.subarray(0, bytesRead);
  throw new TsrunError('IMAGE_INVALID', `cannot read "${name}" to its end`, { why: 'it became shorter meanwhile' });
}
