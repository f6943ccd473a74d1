/** `logs`: what a container printed, from the files on; nothing of it slows the container. */
import { TsrunError } from '../../errors/tsrun-error.ts';
import type { Paths } from '../../host/paths.ts';
import { followKept } from './follow-kept.ts';
import { isUp, type KeptContainer } from './kept-container.ts';
import { type LogEntry, LogReader, logFiles } from './log.ts';

export interface LogsRequest {
  /** The last lines only; null: all. */
  readonly tail: number | null;
  /** RFC 3339 with nanoseconds, UTC; null: from the beginning. */
  readonly since: string | null;
  readonly until: string | null;
  readonly follow: boolean;
}

/**
 * Yields what there is, in order, as lists so that a caller can print one at once. With `follow` it goes on until the container has
 * ended. A caller may be as slow as it likes; it then misses what is rotated away meanwhile.
 *
 * @param signal ends the following
 * @throws TsrunError CONTAINER_STATE when it keeps no log
 */
export async function* readLogs(
  paths: Paths,
  container: KeptContainer,
  request: LogsRequest,
  signal: AbortSignal,
): AsyncGenerator<readonly LogEntry[]> {
  const wanted = ({ time }: LogEntry): boolean =>
    (request.since === null || time >= request.since) && (request.until === null || time <= request.until);
  if (container.kept.request.log.driver === 'none') {
    throw new TsrunError('CONTAINER_STATE', `container "${container.name}" keeps no log`, {
      why: 'it was made with --log-driver none',
      hint: 'what it prints from now on can be seen with tsrun attach --no-stdin',
    });
  }
  const files = logFiles(container.path);
  if (files.length === 0 && isUp(container)) {
    throw new TsrunError('CONTAINER_STATE', `container "${container.name}" keeps no log`, {
      why: 'its output goes straight to the command that started it with --rm, without -t',
      hint: 'start such a container with -d or -t, or without --rm',
    });
  }
  using log = new LogFollower(container.path);
  const first = log.entries().filter(wanted);
  yield request.tail === null ? first : lastLines(first, request.tail);
  if (!request.follow) return;
  for await (const now of followKept(paths, container, signal)) {
    const ended = now === null || !isUp(now);
    const entries = log.entries().filter(wanted);
    if (entries.length > 0) yield entries;
    if (ended) return;
  }
}

/** Reads one file after the other, each to its end, also when they are rotated meanwhile. */
class LogFollower implements Disposable {
  readonly #directory: string;
  #current: LogReader | null = null;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** What is new. */
  entries(): readonly LogEntry[] {
    const found: LogEntry[] = [];
    do found.push(...(this.#current?.entries() ?? []));
    while (this.#next(found));
    return found;
  }

  /** Goes on to the file that came after the current one, if there is one. */
  #next(found: LogEntry[]): boolean {
    const files = logFiles(this.#directory);
    const at = this.#current === null ? -1 : files.findIndex((file) => this.#current?.isStill(file));
    const next = files[at + 1];
    if (next === undefined) return false;
    // What was written between the last look and the renaming.
    found.push(...(this.#current?.entries() ?? []));
    const reader = open(next);
    // Renamed this moment: the next look finds it.
    if (reader === null) return false;
    this.#current?.[Symbol.dispose]();
    this.#current = reader;
    return true;
  }

  [Symbol.dispose](): void {
    this.#current?.[Symbol.dispose]();
  }
}

function open(file: string): LogReader | null {
  try {
    return new LogReader(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return null;
  }
}

/** The last `count` lines; a line may be several entries. */
function lastLines(entries: readonly LogEntry[], count: number): readonly LogEntry[] {
  let lines = 0;
  let from = entries.length;
  while (from > 0) {
    const { whole } = entries[from - 1] ?? { whole: true };
    if (whole && lines === count) break;
    if (whole) lines += 1;
    // A part at the very end is a line too.
    else if (from === entries.length) lines += 1;
    if (lines > count) break;
    from -= 1;
  }
  return entries.slice(from);
}
