/** An archive, as its bytes come, to a file or to standard output. */
import { write } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { errnoName } from '../errors/errno.ts';
import { errnoText } from '../errors/errno-text.ts';
import { TsrunError } from '../errors/tsrun-error.ts';
import { writeOutputFile } from '../host/output-file.ts';

const writeOnce = promisify(write);

/**
 * @param file absolute; null: standard output
 * @throws TsrunError COPY_FAILED when it cannot be written, and what the source throws
 */
export async function writeArchive(source: AsyncIterable<Uint8Array>, file: string | null): Promise<void> {
  try {
    if (file !== null) await writeOutputFile(file, (fd) => writeAll(fd, source));
    else
      await pipeline(Readable.from(source, { objectMode: false, highWaterMark: 1 << 20 }), process.stdout, {
        end: false,
      });
  } catch (error) {
    const { code, errno } = error as NodeJS.ErrnoException;
    if (error instanceof TsrunError || errno === undefined) throw error;
    throw new TsrunError(
      'COPY_FAILED',
      `cannot write the archive to ${file === null ? 'standard output' : `"${file}"`}`,
      {
        why: `${errnoText(Math.abs(errno))} (${errnoName(Math.abs(errno))})`,
        ...(code === 'ENOSPC' ? { hint: 'free some space, or give another place with -o' } : {}),
        cause: error,
      },
    );
  }
}

async function writeAll(fd: number, source: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const chunk of source) {
    for (let at = 0; at < chunk.length; ) at += (await writeOnce(fd, chunk, at)).bytesWritten;
  }
}
