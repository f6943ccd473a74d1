/** `logs`: what a container printed, entry by entry. */
import type { LogEntry as StoredEntry } from '../container/kept/log.ts';
import { readLogs } from '../container/kept/read-logs.ts';
import { logTime } from '../container/request/moment.ts';
import { type Abortable, aborted, signalOf } from './abort.ts';
import { now, type Stored } from './stored.ts';

/** Which entries. */
export interface LogsOptions extends Abortable {
  /** Goes on until the container has ended. Default: false. */
  readonly follow?: boolean;
  /** Those from then on: a Date, `2026-01-02T03:04:05Z`, or an age such as `10m`. */
  readonly since?: Date | string;
  /** Those up to then. */
  readonly until?: Date | string;
  /** Only so many lines from the end. Default: all. */
  readonly tail?: number;
}

/** A line, or a part of a long one. */
export interface LogEntry {
  /** RFC 3339 in UTC with nanoseconds. */
  readonly time: string;
  /** `tsrun`: not the container's, but a word about lines that were lost on a full disk. */
  readonly stream: 'stdout' | 'stderr' | 'tsrun';
  /** As it was written, without the newline at the end of a line. */
  readonly bytes: Buffer;
  /** The same as UTF-8. */
  readonly text: string;
  /** A newline was written behind it; false: the stream's next entry goes on with the line. */
  readonly whole: boolean;
}

export async function* logs(stored: Stored, options: LogsOptions): AsyncGenerator<LogEntry> {
  const signal = signalOf(options);
  const { follow = false, since, until, tail } = options;
  const request = {
    follow,
    tail: tail ?? null,
    since: since === undefined ? null : momentOf(since, 'since'),
    until: until === undefined ? null : momentOf(until, 'until'),
  };
  for await (const entries of readLogs(stored.paths, now(stored), request, signal)) {
    for (const entry of entries) {
      if (signal.aborted) break;
      yield logEntry(entry);
    }
  }
  if (signal.aborted) throw aborted(`reading the log of "${stored.name}"`, signal);
}

/** RFC 3339 with nanoseconds. */
export const momentOf = (given: Date | string, option: string): string =>
  logTime(given instanceof Date ? given.toISOString() : given, option, Date.now());

const logEntry = ({ time, stream, text, whole }: StoredEntry): LogEntry => ({
  time,
  stream,
  bytes: text,
  text: text.toString('utf8'),
  whole,
});
