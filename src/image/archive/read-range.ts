/** Part of a file as a stream. A ReadStream would close the descriptor when its reader stops early; several read at once here. */
import type { FileHandle } from 'node:fs/promises';
import { TsrunError } from '../../errors/tsrun-error.ts';

/** Large enough that one read costs little beside what is done with its bytes. */
const readSize = 512 * 1024;

/**
 * The bytes of a range, read ahead by one chunk. The file must stay open until the stream was read or given up.
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
  const readAt = (at: number): Promise<Uint8Array> => {
    const chunk = readChunk(file, at, Math.min(readSize, end - at), name);
    // It may fail after the reader has gone.
    chunk.catch(() => undefined);
    return chunk;
  };
  let ahead = range.size > 0 ? readAt(range.offset) : null;
  for (let at = range.offset; ahead !== null; ) {
    const chunk = await ahead;
    at += chunk.length;
    ahead = at < end ? readAt(at) : null;
    yield chunk;
  }
}

async function readChunk(file: FileHandle, at: number, length: number, name: string): Promise<Uint8Array> {
  const buffer = Buffer.allocUnsafeSlow(length);
  const { bytesRead } = await file.read(buffer, 0, length, at);
  if (bytesRead > 0) return buffer.subarray(0, bytesRead);
  throw new TsrunError('IMAGE_INVALID', `cannot read "${name}" to its end`, { why: 'it became shorter meanwhile' });
}
