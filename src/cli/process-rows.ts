/** The processes of a container as rows: what the host calls them beside what those inside do. */
import { readFileSync } from 'node:fs';
import { type KeptContainer, requireLive } from '../container/kept/kept-container.ts';
import { findWithZombies } from '../container/processes/find-processes.ts';
import { ticksPerSecond } from '../container/processes/proc-entry.ts';
import { type InsideProcess, seenInside } from '../container/processes/seen-inside.ts';
import { formatRows } from './format-rows.ts';
import { printable } from './printable.ts';

/** For `--format`. */
export interface ProcessRow extends Readonly<Record<string, string>> {
  readonly HostPID: string;
  /** Of one in a pid namespace of the container's own, all its numbers from there inwards: `17/1`. */
  readonly PID: string;
  readonly PPID: string;
  readonly User: string;
  readonly State: string;
  readonly Started: string;
  readonly Time: string;
  readonly Memory: string;
  readonly Command: string;
}

/** @throws TsrunError CONTAINER_STATE when it does not run */
export function containerProcesses(container: KeptContainer): readonly InsideProcess[] {
  const { pid } = requireLive(container, 'look at the processes of').process;
  return seenInside(findWithZombies(container.record.cgroup, pid), pid, container.record.userns);
}

export function processText(
  processes: readonly InsideProcess[],
  { quiet, format }: { readonly quiet: boolean; readonly format: string | null },
): string {
  const booted = bootTime();
  const rows = processes.map((process) => processRow(process, booted));
  if (quiet) return rows.map(({ HostPID }) => HostPID).join('\n');
  return formatRows(rows, format ?? undefined, { headings, columns });
}

const columns = '{{.HostPID}}\t{{.PID}}\t{{.PPID}}\t{{.User}}\t{{.State}}\t{{.Started}}\t{{.Time}}\t{{.Command}}';

const headings: ProcessRow = {
  HostPID: 'HOST PID',
  PID: 'PID',
  PPID: 'PPID',
  User: 'USER',
  State: 'STAT',
  Started: 'STARTED',
  Time: 'TIME',
  Memory: 'MEMORY',
  Command: 'COMMAND',
};

function processRow({ entry, pids, parent, user }: InsideProcess, booted: number): ProcessRow {
  const started = new Date((booted + entry.startTime / ticksPerSecond) * 1000);
  return {
    HostPID: `${entry.pid}`,
    PID: pids.join('/'),
    PPID: `${parent}`,
    User: user,
    State: entry.state,
    Started: clock(started),
    Time: cpuTime((entry.userTicks + entry.systemTicks) / ticksPerSecond),
    Memory: `${entry.residentBytes}`,
    Command: entry.command.length === 0 ? `[${printable(entry.name)}]` : printable(entry.command.join(' ')),
  };
}

/** The time of today, the date of other days, as ps(1) has it. */
function clock(moment: Date): string {
  const [day, time] = [moment.toDateString(), moment.toTimeString().slice(0, 5)];
  return day === new Date().toDateString() ? time : day.slice(4, 10).replace(/ 0/, ' ');
}

/** `0:07`, `61:10`, as ps(1) has it in BSD's columns. */
function cpuTime(seconds: number): string {
  const whole = Math.floor(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`;
}

/** Seconds since 1970 at boot. */
const bootTime = (): number => Number(/^btime (\d+)$/m.exec(readFileSync('/proc/stat', 'latin1'))?.[1] ?? 0);
