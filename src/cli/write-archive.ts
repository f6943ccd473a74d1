/** An archive, as its bytes come, to a file or to standard output. */
import { fstatSync, write } from 'node:fs';
import { promisify } from 'node:util';
import { errnoName } from '../errors/errno.ts';
import { errnoText } from '../errors/errno-text.ts';
import { TsrunError } from '../errors/tsrun-error.ts';
import { writeOutputFile } from '../host/output-file.ts';
import type { ArchiveOutput, ArchivePart } from '../image/save/archive-part.ts';

const writeOnce = promisify(write);

/**
 * @param open what is written; asked once, when it is known whether the file is one
 * @param file absolute; null: standard output
 * @throws TsrunError COPY_FAILED when it cannot be written, and what the source throws
 */
export async function writeArchive(
  open: (output: ArchiveOutput) => AsyncIterable<ArchivePart>,
  file: string | null,
): Promise<void> {
  try {
    if (file !== null) {
      await writeOutputFile(file, (fd) =>
        fstatSync(fd).isFile() ? writeAll(fd, open('file')) : writeAll(fd, onlyBytes(open('stream'))),
      );
    } else {
      await writeToStandardOutput(onlyBytes(open('stream')));
    }
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

async function writeAll(fd: number, source: AsyncIterable<ArchivePart>): Promise<void> {
  for await (const part of source) {
    const [bytes, offset] = part instanceof Uint8Array ? [part, null] : [part.bytes, part.offset];
    for (let at = 0; at < bytes.length; ) {
      at += (await writeOnce(fd, bytes, at, bytes.length - at, offset === null ? null : offset + at)).bytesWritten;
    }
  }
}

/** A chunk has left before the next one is asked for: whoever made it may use its buffer again. A pipeline would read ahead. */
async function writeToStandardOutput(source: AsyncIterable<Uint8Array>): Promise<void> {
  const { stdout } = process;
  // The callback of the write is told the same.
  const ignore = (): void => undefined;
  stdout.on('error', ignore);
  for await (const bytes of source) {
    await new Promise<void>((resolve, reject) => {
      stdout.write(bytes, (error) => (error ? reject(error) : resolve()));
    });
  }
  stdout.off('error', ignore);
}

async function* onlyBytes(source: AsyncIterable<ArchivePart>): AsyncGenerator<Uint8Array> {
  for await (const part of source) {
    if (!(part instanceof Uint8Array)) throw new Error('a stream cannot be gone back in');
    yield part;
  }
}
