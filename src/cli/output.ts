/** Standard output and error, written at once: `process.stdout` would load streams and terminals for one line. */
import { writeSync } from 'node:fs';
import { TsrunError } from '../errors/tsrun-error.ts';

const write = (fd: 1 | 2, text: string): void => writeAll(fd, Buffer.from(text));

function writeAll(fd: 1 | 2, bytes: Buffer): void {
  let at = 0;
  while (at < bytes.length) {
    try {
      at += writeSync(fd, bytes, at);
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : undefined;
      // The reader (`tsrun images | head -1`) or the terminal has gone: what is left has nobody to go to.
      if (code === 'EPIPE' || code === 'EIO') return;
      // Somebody made the pipe non-blocking: a stream waits for room.
      if (code === 'EAGAIN') {
        (fd === 1 ? process.stdout : process.stderr).write(bytes.subarray(at));
        return;
      }
      // The words of a mistake have nowhere else to go.
      if (fd === 2) return;
      throw new TsrunError('COPY_FAILED', 'cannot write to standard output', {
        why: error instanceof Error ? error.message : String(error),
        hint: 'is there room where it goes?',
        cause: error,
      });
    }
  }
}

/** Results. */
export const print = (text: string): void => write(1, `${text}\n`);

/** Results that are no text. */
export const printBytes = (bytes: Buffer): void => writeAll(1, bytes);

/** Everything that is no result: notices, errors. */
export const note = (text: string): void => write(2, `${text}\n`);

/** Part of a line on standard error: what draws over itself. */
export const noteRaw = (text: string): void => write(2, text);
