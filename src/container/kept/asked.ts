/**
 * Who of us told a container to end: the file `asked` of its directory, a line for each signal, `TIME SIGNAL PID COMMAND`. Written
 * before the signal is sent, so that what ends a container is never missing.
 *
 * On a full disk the line is the target of a symbolic link `asked.SIGNAL`: filesystems keep one of up to 59 bytes in the inode (ext4, "Symbolic
 * Links"; tmpfs up to 128), so it needs no block.
 */
import { appendFileSync, readdirSync, readFileSync, readlinkSync, rmSync, statSync, symlinkSync } from 'node:fs';
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
const longestInInode = 59;

/** Never in the way of the signal: a full disk, for one, is no reason not to stop a container. */
export function noteAsked(directory: string, signal: number): void {
  const path = join(directory, askedFile);
  const line = `${new Date().toISOString()} ${signal} ${process.pid} ${ownCommand()}`;
  try {
    if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) > mostBytes) rmSync(path, { force: true });
    // A line that an earlier call wrote half of ends here.
    appendFileSync(path, `\n${line}\n`, { mode: 0o600 });
  } catch {
    noteWithoutBlock(`${path}.${signal}`, line);
  }
}

function noteWithoutBlock(path: string, line: string): void {
  try {
    rmSync(path, { force: true });
    symlinkSync(Buffer.from(line).subarray(0, longestInInode), path);
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
  const lines = [...linesOf(join(directory, askedFile)), ...linksOf(directory)];
  return lines.flatMap(parseLine).sort((a, b) => Date.parse(a.time) - Date.parse(b.time));
}

function linesOf(path: string): readonly string[] {
  try {
    return readFileSync(path, 'utf8').split('\n');
  } catch {
    return [];
  }
}

function linksOf(directory: string): readonly string[] {
  try {
    return readdirSync(directory)
      .filter((name) => name.startsWith(`${askedFile}.`))
      .map((name) => readlinkSync(join(directory, name)));
  } catch {
    return [];
  }
}

function parseLine(line: string): readonly Asked[] {
  const [, time = '', signal, pid, command = ''] = /^(\S+Z) (\d+) (\d+) (.*)$/.exec(line) ?? [];
  return time === '' ? [] : [{ time, signal: Number(signal), pid: Number(pid), command }];
}
