/** `tsrun logs CONTAINER`. */
import { writeSync } from 'node:fs';
import type { Command } from 'commander';
import { findKept } from '../../container/kept/find-kept.ts';
import { isUp } from '../../container/kept/kept-container.ts';
import type { LogEntry } from '../../container/kept/log.ts';
import { readLogs } from '../../container/kept/read-logs.ts';
import { badValue } from '../../container/request/bad-value.ts';
import { logTime } from '../../container/request/moment.ts';
import type { CommandContext } from '../command-table.ts';
import { noteIfLost } from '../note-if-lost.ts';

interface Flags {
  readonly follow?: boolean;
  readonly since?: string;
  readonly until?: string;
  readonly tail: string;
  readonly timestamps?: boolean;
}

export function define(command: Command, { session }: CommandContext): void {
  command
    .argument('<container>', 'name or id')
    .option('-f, --follow', 'go on until the container ends')
    .option('--since <time>', 'from then on: 2026-01-02T03:04:05Z, seconds since 1970, or 10m for ten minutes ago')
    .option('--until <time>', 'up to then')
    .option('-n, --tail <number>', 'only so many lines from the end', 'all')
    .option('-t, --timestamps', 'begin each line with its time')
    .action(async (word: string, flags: Flags) => {
      const paths = session.paths();
      const now = Date.now();
      const request = {
        tail: tailOf(flags.tail),
        since: flags.since === undefined ? null : logTime(flags.since, '--since', now),
        until: flags.until === undefined ? null : logTime(flags.until, '--until', now),
        follow: flags.follow ?? false,
      };
      const printer = new LogPrinter(flags.timestamps ?? false);
      const never = new AbortController().signal;
      const container = findKept(paths, word);
      for await (const entries of readLogs(paths, container, request, never)) printer.print(entries);
      if (request.follow && isUp(container)) noteIfLost(paths, container);
    });
}

function tailOf(text: string): number | null {
  if (text === 'all' || text === '-1') return null;
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw badValue('--tail', text, 'it is a number of lines, or all', 'write for example --tail 100');
}

/** Each stream to its own descriptor, byte for byte what the container wrote. */
class LogPrinter {
  readonly #timestamps: boolean;
  /** Whether the next entry of a stream goes on with a line. */
  readonly #inside = { stdout: false, stderr: false, tsrun: false };

  constructor(timestamps: boolean) {
    this.#timestamps = timestamps;
  }

  print(entries: readonly LogEntry[]): void {
    let fd = 1;
    let parts: Buffer[] = [];
    const flush = (): void => {
      if (parts.length > 0) writeAll(fd, Buffer.concat(parts));
      parts = [];
    };
    for (const entry of entries) {
      const to = entry.stream === 'stdout' ? 1 : 2;
      if (to !== fd) flush();
      fd = to;
      parts.push(...this.#partsOf(entry));
    }
    flush();
  }

  #partsOf({ time, stream, text, whole }: LogEntry): readonly Buffer[] {
    const goesOn = this.#inside[stream];
    this.#inside[stream] = !whole;
    const head = [
      ...(this.#timestamps && !goesOn ? [Buffer.from(`${time} `)] : []),
      ...(stream === 'tsrun' ? [Buffer.from('tsrun: ')] : []),
    ];
    return [...head, text, ...(whole ? [newline] : [])];
  }
}

const newline = Buffer.from('\n');

function writeAll(fd: number, bytes: Buffer): void {
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(fd, bytes, at);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      // The reader has gone: logs | head.
      if (code === 'EPIPE') process.exit(0);
      if (code !== 'EAGAIN') throw error;
    }
  }
}
