/** What the kernel says of a container's PID 1. The status of a container is asked for, never stored. */
import { accessSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ContainerState } from './state-file.ts';

/** runtime-spec, runtime.md#state, and runc's `paused`. */
export type ContainerStatus = 'creating' | 'created' | 'running' | 'paused' | 'stopped';

/** Of /proc/PID/stat. */
export interface ProcessStat {
  readonly ended: boolean;
  readonly startTime: number;
}

/** null: no such process. */
export function processStat(pid: number): ProcessStat | null {
  try {
    // As UTF-8 Node reads it in one call, which counts for hundreds; where a name is none there is something else in its place.
    return parseProcessStat(readFileSync(statFile(pid), 'utf8'));
  } catch {
    return null;
  }
}

export const statFile = (pid: number): string => `/proc/${pid}/stat`;

export function parseProcessStat(text: string): ProcessStat {
  // The name may hold blanks and parentheses; behind it are fields 3, 20 and 22.
  const fields = /^ (\S)(?: \S+){16} (\d+) \S+ (\d+) /.exec(text.slice(text.lastIndexOf(')') + 1));
  const [, state = 'X', threads = '', startTime = ''] = fields ?? [];
  // A first thread that has ended is a zombie while others of its process run.
  const ended = state === 'X' || (state === 'Z' && Number(threads) <= 1);
  return { ended, startTime: Number(startTime) };
}

/** linux/sched.h: it exits. */
const exiting = 0x4;
/** SIGKILL in the sets of proc_pid_status(5). */
const killed = 0x100n;

/** Whether it is about to end, however long that takes: it exits, or has been killed and not yet come to it. */
export function isEnding(pid: number): boolean {
  try {
    const stat = readFileSync(statFile(pid), 'utf8');
    // Field 9.
    const flags = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[6]);
    if ((flags & exiting) !== 0) return true;
    const pending = readFileSync(`/proc/${pid}/status`, 'latin1').matchAll(/^(?:SigPnd|ShdPnd):\s*([0-9a-f]+)$/gm);
    return [...pending].some(([, set = '']) => (BigInt(`0x${set}`) & killed) !== 0n);
  } catch {
    // It has ended.
    return true;
  }
}

/** The status of the container in `directory`; its state was read before. */
export function statusOf(state: ContainerState, directory: string): Exclude<ContainerStatus, 'creating'> {
  const stat = processStat(state.pid);
  if (stat === null || stat.ended || stat.startTime !== state.startTime) return 'stopped';
  if (exists(join(directory, 'start.sock'))) return 'created';
  return state.cgroup !== null && isFrozen(state.cgroup) ? 'paused' : 'running';
}

function isFrozen(cgroup: string): boolean {
  try {
    return /^frozen 1$/m.test(readFileSync(join(cgroup, 'cgroup.events'), 'utf8'));
  } catch {
    return false;
  }
}

function exists(path: string): boolean {
  try {
    accessSync(path);
    return true;
  } catch {
    return false;
  }
}
