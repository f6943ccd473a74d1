/** What /proc says of one process: proc_pid_stat(5), proc_pid_status(5), proc_pid_cmdline(5). */
import { readFileSync, statSync } from 'node:fs';

export interface ProcEntry {
  /** As the reader sees it. */
  readonly pid: number;
  readonly parent: number;
  /** Its number in every pid namespace that it is in, the reader's first (NSpid). */
  readonly pids: readonly number[];
  /** Effective, as the reader's user namespace calls it. */
  readonly uid: number;
  /** R, S, D, T, Z and so on. */
  readonly state: string;
  readonly threads: number;
  /** Clock ticks of CPU time, its own and its threads'. */
  readonly userTicks: number;
  readonly systemTicks: number;
  /** Of children that have ended and were waited for. */
  readonly childTicks: number;
  /** Clock ticks after boot. */
  readonly startTime: number;
  /** Bytes of memory that are its own or mapped by it now. */
  readonly residentBytes: number;
  /** Controlling terminal, as st_rdev has it; 0: none. */
  readonly terminal: number;
  /** Name of the program, for a process whose arguments cannot be read. */
  readonly name: string;
  /** Its arguments; none where it has none, or where they may not be read. */
  readonly command: readonly string[];
}

/** USER_HZ, which every architecture that Node runs on has at 100. */
export const ticksPerSecond = 100;

/** null: it is gone. */
export function procEntry(pid: number): ProcEntry | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const status = readFileSync(`/proc/${pid}/status`, 'latin1');
    return parseProcEntry(stat, status, readCommand(pid));
  } catch (error) {
    if (isGone(error)) return null;
    throw error;
  }
}

/** @example parseProcEntry('7 (sh) S 1 ...', 'NSpid:\t7\t1\n...', ['sh']) */
export function parseProcEntry(stat: string, status: string, command: readonly string[]): ProcEntry {
  // The name may hold blanks and parentheses.
  const open = stat.indexOf('(');
  const close = stat.lastIndexOf(')');
  const fields = stat.slice(close + 2).split(' ');
  const at = (field: number): number => Number(fields[field - 3] ?? 0);
  const pid = Number(stat.slice(0, open - 1));
  return {
    pid,
    parent: at(4),
    // Kernels without pid namespaces have no such line.
    pids: numbersOf(status, 'NSpid') ?? [pid],
    uid: numbersOf(status, 'Uid')?.[1] ?? 0,
    state: fields[0] ?? '?',
    threads: at(20),
    userTicks: at(14),
    systemTicks: at(15),
    childTicks: at(16) + at(17),
    startTime: at(22),
    residentBytes: (numbersOf(status, 'VmRSS')?.[0] ?? 0) * 1024,
    terminal: at(7),
    name: stat.slice(open + 1, close),
    command,
  };
}

function numbersOf(status: string, key: string): readonly number[] | null {
  const line = new RegExp(`^${key}:\\s*(.*)$`, 'm').exec(status)?.[1];
  return line === undefined ? null : line.trim().split(/\s+/).map(Number.parseFloat);
}

function readCommand(pid: number): readonly string[] {
  const text = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replace(/\0$/, '');
  return text === '' ? [] : text.split('\0');
}

/** Device and number of one of its namespaces; null: it is gone, a zombie, or somebody else's. */
export function namespaceOf(pid: number, kind: 'pid' | 'mnt'): string | null {
  try {
    const { dev, ino } = statSync(`/proc/${pid}/ns/${kind}`);
    return `${dev}:${ino}`;
  } catch {
    return null;
  }
}

/** ESRCH: it ended between opening and reading. */
const isGone = (error: unknown): boolean => ['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '');
