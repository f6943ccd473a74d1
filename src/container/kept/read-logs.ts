/** `logs`: what a container printed, from the files on; nothing of it slows the container. */
import { watch } from 'node:fs';
import { join } from 'node:path';
import { TsrunError } from '../../errors/tsrun-error.ts';
import type { Paths } from '../../host/paths.ts';
import { isUp, type KeptContainer, readKept } from './kept-container.ts';
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
 * Calls back for each entry, in order. With `follow` it resolves when the container has ended.
 *
 * @param take entries of one look, so that a caller can write them at once
 */
export async function readLogs(
  paths: Paths,
  container: KeptContainer,
  request: LogsRequest,
  take: (entries: readonly LogEntry[]) => void,
): Promise<void> {
  const wanted = ({ time }: LogEntry): boolean =>
    (request.since === null || time >= request.since) && (request.until === null || time <= request.until);
  const log = join(container.path, 'log');
  const files = logFiles(container.path);
  if (files.length === 0 && runs(container)) {
    throw new TsrunError('CONTAINER_STATE', `container "${container.name}" keeps no log`, {
      why: 'its output goes straight to the command that started it with --rm, without -t',
      hint: 'start such a container with -d or -t, or without --rm',
    });
  }
  // Opened before the older ones are read: a rotation in between then loses nothing.
  let current = files.includes(log) ? new LogReader(log) : null;
  try {
    const older = files.filter((file) => file !== log).flatMap((file) => readWhole(file));
    const first = [...older, ...(current?.entries() ?? [])].filter(wanted);
    take(request.tail === null ? first : lastLines(first, request.tail));
    if (!request.follow) return;
    for await (const _ of changes(container.path)) {
      const ended = !runs(readKept(paths, container.id));
      if (current === null && logFiles(container.path).includes(log)) current = new LogReader(log);
      if (current !== null) {
        take([...current.entries()].filter(wanted));
        if (!current.isStill(log)) {
          // Rotated: what was written between our last look and the renaming is read above.
          take([...current.entries()].filter(wanted));
          current[Symbol.dispose]();
          current = logFiles(container.path).includes(log) ? new LogReader(log) : null;
          take([...(current?.entries() ?? [])].filter(wanted));
        }
      }
      if (ended) return;
    }
  } finally {
    current?.[Symbol.dispose]();
  }
}

const runs = (container: KeptContainer | null): boolean => container !== null && isUp(container);

function readWhole(file: string): readonly LogEntry[] {
  using reader = new LogReader(file);
  return [...reader.entries()];
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

/** Once at the beginning, and then each time something changes in the directory. */
async function* changes(directory: string): AsyncGenerator<void> {
  let wake: (() => void) | null = null;
  let pending = true;
  using watcher = closing(
    watch(directory, () => {
      pending = true;
      wake?.();
    }),
  );
  void watcher;
  for (;;) {
    if (!pending) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    pending = false;
    yield;
  }
}

const closing = (watcher: { close(): void }): Disposable => ({ [Symbol.dispose]: () => watcher.close() });
