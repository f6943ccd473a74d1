/** A stream written to a nameless file of the store, for archives that must be read by offset. */
import { randomBytes } from 'node:crypto';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { TsrunError } from '../../errors/tsrun-error.ts';
import { throwIfAborted } from '../aborted.ts';
import type { ImageLimits } from '../context.ts';
import type { StoreLayout } from '../store/layout.ts';
import { storeError } from '../store/store-error.ts';

/** Headers, padding and documents, beside what the layers unpack to. */
const overhead = 64 * 1024 * 1024;
const perEntry = 1024;

/**
 * Writes the stream and returns the open file with its size. The file has no name any more: when we are killed, the kernel
 * frees it.
 *
 * @throws TsrunError IMAGE_TOO_LARGE, STORE
 */
export async function spool(
  stream: AsyncIterable<Uint8Array>,
  layout: StoreLayout,
  limits: ImageLimits,
  signal: AbortSignal,
): Promise<{ readonly file: FileHandle; readonly size: number }> {
  const most = limits.maxBytes + limits.maxEntries * perEntry + overhead;
  const path = join(layout.temporary, `spool-${randomBytes(8).toString('hex')}`);
  let file: FileHandle;
  try {
    file = await open(path, 'wx+', 0o600);
    // A sweeper may have been quicker.
    await rm(path, { force: true });
  } catch (error) {
    throw storeError('cannot keep a copy of the image', error);
  }
  let size = 0;
  try {
    for await (const chunk of stream) {
      throwIfAborted(signal);
      if (size + chunk.length > most) {
        throw new TsrunError('IMAGE_TOO_LARGE', 'cannot read the image: it is too large', {
          why: `it is longer than ${most} bytes, the limit for an image`,
        });
      }
      await writeAll(file, chunk);
      size += chunk.length;
    }
    return { file, size };
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function writeAll(file: FileHandle, chunk: Uint8Array): Promise<void> {
  try {
    for (let at = 0; at < chunk.length; ) {
      const { bytesWritten } = await file.write(chunk, at);
      at += bytesWritten;
    }
  } catch (error) {
    throw storeError('cannot keep a copy of the image', error);
  }
}
