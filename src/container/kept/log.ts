/**
 * What a kept container printed: the files `log`, `log.1`, ... of its directory, the last one the oldest.
 *
 * A line is `TIME STREAM TAG TEXT`, as Kubernetes' runtimes write it: TIME is RFC 3339 with nine digits, STREAM stdout or
 * stderr, TAG F for a whole line and P for a part that the next entry of the stream goes on with. The stream `tsrun` says
 * what was lost on a full disk. Written by native/monitor/log.cc; docs/logs.md describes it.
 */
import { closeSync, existsSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';

export type LogStream = 'stdout' | 'stderr' | 'tsrun';

export interface LogEntry {
  /** RFC 3339 with nanoseconds. */
  readonly time: string;
  readonly stream: LogStream;
  /** Without the newline that ends a whole line. */
  readonly text: Buffer;
  /** A newline was written behind it. */
  readonly whole: boolean;
}

/** null: no entry, a file that is damaged there. */
export function parseEntry(line: Buffer): LogEntry | null {
  const head = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z) (stdout|stderr|tsrun) ([FP]) /.exec(
    line.toString('latin1', 0, 48),
  );
  if (head === null) return null;
  const [all, time = '', stream = '', tag] = head;
  return { time, stream: stream as LogStream, text: line.subarray(all.length), whole: tag === 'F' };
}

/** The files there are, the oldest first. */
export function logFiles(directory: string): readonly string[] {
  const files = [join(directory, 'log')];
  while (existsSync(join(directory, `log.${files.length}`))) files.unshift(join(directory, `log.${files.length}`));
  return files.filter((file) => existsSync(file));
}

const chunkSize = 1 << 16;

/** Reads on where it stopped, also when the file was renamed meanwhile. */
export class LogReader implements Disposable {
  readonly #fd: number;
  readonly #chunk = Buffer.allocUnsafe(chunkSize);
  #rest: Buffer = Buffer.alloc(0);

  constructor(path: string) {
    this.#fd = openSync(path, 'r');
  }

  /** Whether the file of this name is the one that is read. */
  isStill(path: string): boolean {
    const { ino } = fstatSync(this.#fd);
    return statSync(path, { throwIfNoEntry: false })?.ino === ino;
  }

  /** The entries that are whole by now. */
  *entries(): Generator<LogEntry> {
    for (;;) {
      const got = readSync(this.#fd, this.#chunk, 0, chunkSize, null);
      if (got === 0) return;
      let data = Buffer.concat([this.#rest, this.#chunk.subarray(0, got)]);
      for (let end = data.indexOf(10); end !== -1; end = data.indexOf(10)) {
        const entry = parseEntry(data.subarray(0, end));
        if (entry !== null) yield entry;
        data = data.subarray(end + 1);
      }
      this.#rest = data;
    }
  }

  [Symbol.dispose](): void {
    closeSync(this.#fd);
  }
}
