/**
 * Who of us told a container to end: the file `asked` of its directory, a line for each signal, `TIME SIGNAL PID COMMAND`. Written
 * before the signal is sent, so that what ends a container is never missing.
 */
import { appendFileSync, readFileSync, rmSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';

export interface Asked {
  /** RFC 3339. */
  readonly time: string;
  readonly signal: number;
  /** Of the command that sent it. */
  readonly pid: number;
  /** Its line, cut where it is long. */
  readonly command: string;
}

const askedFile = 'asked';

/** Somebody may send signals for years: only the last ones matter. */
const mostBytes = 16_384;
const longestCommand = 200;

/** Never in the way of the signal: a full disk, for one, is no reason not to stop a container. */
export function noteAsked(directory: string, signal: number): void {
  const path = join(directory, askedFile);
  try {
    if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) > mostBytes) rmSync(path, { force: true });
    const line = `${new Date().toISOString()} ${signal} ${process.pid} ${ownCommand()}\n`;
    appendFileSync(path, line, { mode: 0o600 });
  } catch {
    // Then `why` does not know.
  }
}

/** `tsrun stop web`; of a program that uses the library, its own line. */
function ownCommand(): string {
  const [, script = 'tsrun', ...args] = process.argv;
  const line = [basename(script), ...args].join(' ').replaceAll(/\s+/g, ' ');
  return line.length > longestCommand ? `${line.slice(0, longestCommand - 1)}…` : line;
}

/** Oldest first. */
export function readAsked(directory: string): readonly Asked[] {
  let text: string;
  try {
    text = readFileSync(join(directory, askedFile), 'utf8');
  } catch {
    return [];
  }
  return text.split('\n').flatMap((line) => {
    const [, time = '', signal, pid, command = ''] = /^(\S+Z) (\d+) (\d+) (.*)$/.exec(line) ?? [];
    return time === '' ? [] : [{ time, signal: Number(signal), pid: Number(pid), command }];
  });
}
