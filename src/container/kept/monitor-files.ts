/**
 * `running` and `exit`: what the monitor of a kept container writes into its directory, native/monitor/record.cc.
 *
 * Both are text, one key and its value a line, all of them in a fixed order, and are there whole or not at all.
 */
import { closeSync, constants, existsSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { bootId } from '../../host/boot-id.ts';
import { isFullDisk } from '../../image/store/store-error.ts';
import { exitFile, isLocked, runningFile } from '../container-directory.ts';
import { exitOf } from '../exit.ts';
import { writeWhole } from '../state/oci-directory.ts';
import { type ProcessStat, processStat } from '../state/process-status.ts';

/** A process of this boot: its number on the host and when it began, in clock ticks after boot. */
export interface ProcessIdentity {
  readonly pid: number;
  readonly startTime: number;
}

export interface RunningFile {
  /** PID 1. */
  readonly process: ProcessIdentity;
  readonly monitor: ProcessIdentity;
  readonly boot: string;
  /** RFC 3339 with nanoseconds. */
  readonly started: string;
}

/** How a kept container ended. */
export type KeptEnd =
  | {
      readonly type: 'seen';
      readonly exitCode: number;
      readonly signal: string | null;
      /** Processes that the kernel ended for want of memory. */
      readonly oomKills: number;
      readonly finished: string;
    }
  /** The monitor was killed, or the machine went down: nobody saw it. */
  | { readonly type: 'lost'; readonly finished: string };

/** Of an end that nobody saw: docker's word for a container whose daemon lost it. */
const lostExitCode = 255;

export const exitCodeOfEnd = (end: KeptEnd): number => (end.type === 'seen' ? end.exitCode : lostExitCode);

/** What `running` is called after the end. */
const ranFile = 'ran';

export function readRunning(directory: string): RunningFile | null {
  const text = textOf(`${directory}/${runningFile}`);
  return text === null ? null : parseRunning(text);
}

/** Of the last time it ran; null: not known. */
export function readRan(directory: string): RunningFile | null {
  const text = textOf(join(directory, ranFile));
  return text === null ? null : parseRunning(text);
}

const runningKeys = ['pid', 'start-time', 'monitor', 'monitor-start-time', 'boot', 'started'] as const;

/** null: it is not whole. */
export function parseRunning(text: string): RunningFile | null {
  const lines = linesIn(text, 'tsrun-running 1', runningKeys);
  if (lines === null) return null;
  const [pid = '', startTime = '', monitor = '', monitorStart = '', boot = '', started = ''] = lines;
  return {
    process: { pid: Number(pid), startTime: Number(startTime) },
    monitor: { pid: Number(monitor), startTime: Number(monitorStart) },
    boot,
    started,
  };
}

const endKeys = ['wait-status', 'oom-kills', 'finished'] as const;

export function readEnd(directory: string): KeptEnd | null {
  // Asked of what does not run: nearly all of these have one, and no look comes first.
  const text = readText(`${directory}/${exitFile}`);
  return text === null ? null : parseEnd(text);
}

/** null: it is not whole. */
export function parseEnd(text: string): KeptEnd | null {
  const seen = linesIn(text, 'tsrun-exit 1', endKeys);
  if (seen !== null) {
    const [status = '', oomKills = '', finished = ''] = seen;
    return { type: 'seen', ...exitOf(Number(status)), oomKills: Number(oomKills), finished };
  }
  const lost = linesIn(text, 'tsrun-exit-lost 1', ['finished']);
  return lost === null ? null : { type: 'lost', finished: lost[0] ?? '' };
}

/**
 * Of what `running` names, when its monitor was killed between the two: it has said how it ended, and `running` is still there.
 *
 * @returns null: what there is tells of an earlier life
 */
export function readEndOf(directory: string, { started }: RunningFile): KeptEnd | null {
  const end = readEnd(directory);
  // Both are the monitor's, with nanoseconds.
  return end?.type === 'seen' && end.finished >= started ? end : null;
}

/**
 * For a container whose monitor is gone before it had done with it. The caller holds its lock. A disk that does not take it is no reason
 * not to go on: `running` says as much as long as it is there, and the next command tries again.
 *
 * @returns whether it has been written down
 */
export function recordLeft(directory: string, end: KeptEnd): boolean {
  try {
    if (end.type === 'lost') {
      writeWhole(join(directory, exitFile), `tsrun-exit-lost 1\nfinished ${end.finished}\nend\n`, 0o600);
    }
  } catch (error) {
    if (isFullDisk(error)) return false;
    throw error;
  }
  renameSync(join(directory, runningFile), join(directory, ranFile));
  return true;
}

/** What native/monitor/record_files.cc writes `running` and `exit` as, before they get their names. */
const reserved = [`.${runningFile}`, `.${exitFile}`];
/** More than either file ever has. */
const reservedBytes = 512;
const { O_WRONLY, O_CREAT, O_TRUNC, O_NOFOLLOW } = constants;

/**
 * Before a start: how the container ends is to be written down even when the disk is full by then.
 *
 * @throws the system error when there is no room now
 */
export function reserveFiles(directory: string): void {
  for (const name of reserved) {
    // As the monitor opens them: never through a link.
    const file = openSync(join(directory, name), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0o600);
    try {
      writeSync(file, Buffer.alloc(reservedBytes));
    } finally {
      closeSync(file);
    }
  }
}

/** Whether what the file says still runs: PID 1 itself, or the monitor that is about to say how it ended. */
export function isLive(directory: string, running: RunningFile): boolean {
  if (running.boot !== bootId()) return false;
  return isProcess(running.process) || isLocked(directory);
}

/** Whether it lives and is still the same. */
export const isProcess = (identity: ProcessIdentity): boolean => isSame(identity, processStat(identity.pid));

/** As {@link isProcess}, of what the kernel says of the process with its number now. */
export const isSame = ({ startTime }: ProcessIdentity, stat: ProcessStat | null): boolean =>
  stat !== null && !stat.ended && stat.startTime === startTime;

/** The values of these keys, in this order; null: not such a file. */
export function linesOf(path: string, head: string, keys: readonly string[]): readonly string[] | null {
  const text = textOf(path);
  return text === null ? null : linesIn(text, head, keys);
}

/** UTF-8 is what Node reads in one call, and of what is not there an exception costs more than a look. */
const textOf = (path: string): string | null => (existsSync(path) ? readText(path) : null);

function readText(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}

function linesIn(text: string, head: string, keys: readonly string[]): readonly string[] | null {
  if (!text.startsWith(`${head}\n`)) return null;
  let at = head.length + 1;
  const values: string[] = [];
  for (const key of keys) {
    const from = at + key.length + 1;
    const to = text.indexOf('\n', from);
    if (to < 0 || !text.startsWith(`${key} `, at)) return null;
    values.push(text.slice(from, to));
    at = to + 1;
  }
  return text.startsWith('end\n', at) ? values : null;
}
