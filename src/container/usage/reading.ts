/**
 * What a running container uses at one moment. Where the kernel counts for its control group that is taken; else, where that means
 * something, the sum over its processes, marked so; else nothing.
 */
import { readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { GroupFiles, unlimited } from '../../cgroup/stats/files.ts';
import { pressure } from '../../cgroup/stats/pressure.ts';
import { findProcesses } from '../processes/find-processes.ts';
import { type ProcEntry, ticksPerSecond } from '../processes/proc-entry.ts';

/** A number, and where it is from. */
export interface Measured {
  /** In the unit of what was measured. */
  readonly value: number;
  /** `processes`: a sum over those that live, an approximation. */
  readonly source: 'cgroup' | 'processes';
}

/** null: nobody counts it here. */
export interface UsageReading {
  /** Milliseconds on a clock that only goes forward. */
  readonly at: number;
  /** Of all its processors together, since the start. */
  readonly cpuMicroseconds: Measured | null;
  /** Bytes, without the part of the page cache that is not in use. */
  readonly memory: Measured | null;
  /** Bytes: the lowest limit that holds for it, the machine's memory where there is none. */
  readonly memoryLimit: number;
  /** What that limit is. */
  readonly memoryLimited: 'by-a-limit' | 'by-the-machine';
  /** Processes and threads. */
  readonly tasks: Measured | null;
  /** null: none. */
  readonly tasksLimit: number | null;
  /** Bytes since the start, over every interface but the loopback; null: its network is the host's. */
  readonly network: {
    /** By the container. */
    readonly received: number;
    /** By the container. */
    readonly sent: number;
  } | null;
  /** Bytes since the start. */
  readonly blockIo: {
    /** From disks. */
    readonly read: number;
    /** To disks. */
    readonly written: number;
  } | null;
  /** Since the start; null: no CPU quota. */
  readonly throttling: {
    /** Periods of its quota. */
    readonly periods: number;
    /** Those in which it had to wait for the next. */
    readonly throttled: number;
  } | null;
  /** Per cent of the last ten seconds in which some task waited. */
  readonly stalled: {
    /** For a processor. */
    readonly cpu: number | null;
    /** For memory. */
    readonly memory: number | null;
    /** For a disk. */
    readonly io: number | null;
  };
}

/**
 * @param cgroup its own group, or null
 * @param pid PID 1 as the reader sees it
 * @returns null: it has ended
 */
export function readUsage(cgroup: string | null, pid: number): UsageReading | null {
  let entries: readonly ProcEntry[] | null = null;
  const processes = (): readonly ProcEntry[] => (entries ??= findProcesses(cgroup, pid));
  const files = cgroup === null ? null : new GroupFiles(cgroup);
  const cpu = files?.table('cpu.stat') ?? new Map<string, bigint>();
  const sum = (of: (entry: ProcEntry) => number): Measured | null =>
    processes().length === 0
      ? null
      : { value: processes().reduce((total, entry) => total + of(entry), 0), source: 'processes' };
  const limit = cgroup === null ? null : lowest(cgroup, 'memory.max');
  const machine = machineMemory();
  const reading: UsageReading = {
    at: performance.now(),
    cpuMicroseconds: counted(cpu.get('usage_usec')) ?? sum(cpuOf),
    memory: memoryOfGroup(files) ?? sum(({ residentBytes }) => residentBytes),
    memoryLimit: Math.min(limit ?? machine, machine),
    memoryLimited: limit !== null && limit < machine ? 'by-a-limit' : 'by-the-machine',
    tasks: counted(present(files, 'pids.current')) ?? sum(({ threads }) => threads),
    tasksLimit: cgroup === null ? null : lowest(cgroup, 'pids.max'),
    network: networkOf(pid),
    blockIo: blockIoOf(files),
    throttling: cpu.has('nr_periods')
      ? { periods: Number(cpu.get('nr_periods')), throttled: Number(cpu.get('nr_throttled') ?? 0n) }
      : null,
    stalled: { cpu: stall(files, 'cpu'), memory: stall(files, 'memory'), io: stall(files, 'io') },
  };
  return isThere(pid) ? reading : null;
}

/** A child that has ended and was waited for counts on in its parent. */
const cpuOf = ({ userTicks, systemTicks, childTicks }: ProcEntry): number =>
  ((userTicks + systemTicks + childTicks) / ticksPerSecond) * 1e6;

const counted = (value: bigint | null | undefined): Measured | null =>
  value === null || value === undefined ? null : { value: Number(value), source: 'cgroup' };

/** null: the file is missing, which is not 0. */
const present = (files: GroupFiles | null, name: string): bigint | null =>
  files === null || files.text(name) === null ? null : files.number(name);

/** As docker counts: page cache that nobody has touched lately is free for the asking. */
function memoryOfGroup(files: GroupFiles | null): Measured | null {
  const current = present(files, 'memory.current');
  if (files === null || current === null) return null;
  const idle = files.table('memory.stat').get('inactive_file') ?? 0n;
  return counted(idle < current ? current - idle : current);
}

/** A limit on a group above holds as well. null: none. */
function lowest(cgroup: string, file: string): number | null {
  let found: bigint | null = null;
  // Down to the root of the hierarchy, which has no cgroup.type; a scope without the controller may lie in between.
  for (let group = cgroup; isGroup(group); group = dirname(group)) {
    const value = present(new GroupFiles(group), file);
    if (value !== null && value !== unlimited && (found === null || value < found)) found = value;
  }
  return found === null ? null : Number(found);
}

const isGroup = (path: string): boolean =>
  path !== '/' && statSync(join(path, 'cgroup.type'), { throwIfNoEntry: false }) !== undefined;

const machineMemory = (): number =>
  Number(/^MemTotal:\s+(\d+) kB$/m.exec(readFileSync('/proc/meminfo', 'latin1'))?.[1] ?? 0) * 1024;

function blockIoOf(files: GroupFiles | null): UsageReading['blockIo'] {
  const text = files?.text('io.stat') ?? null;
  if (text === null) return null;
  const total = (key: string): number =>
    [...text.matchAll(new RegExp(`\\b${key}=(\\d+)`, 'g'))].reduce((sum, [, value]) => sum + Number(value), 0);
  return { read: total('rbytes'), written: total('wbytes') };
}

function stall(files: GroupFiles | null, what: 'cpu' | 'memory' | 'io'): number | null {
  return files === null ? null : (pressure(files, `${what}.pressure`).psi?.some.avg10 ?? null);
}

/** proc_pid_net(5): what the network namespace of that process has. */
function networkOf(pid: number): UsageReading['network'] {
  try {
    if (statSync(`/proc/${pid}/ns/net`).ino === statSync('/proc/self/ns/net').ino) return null;
    return parseNetDev(readFileSync(`/proc/${pid}/net/dev`, 'latin1'));
  } catch {
    // It ends this moment.
    return null;
  }
}

/** Two lines of headings, then `eth0: BYTES PACKETS ... ` with eight numbers received, eight sent. */
export function parseNetDev(text: string): { readonly received: number; readonly sent: number } {
  const rows = text.split('\n').flatMap((line) => {
    const [, name, numbers = ''] = /^\s*([^:\s]+):\s*(.*)$/.exec(line) ?? [];
    return name === undefined || name === 'lo' ? [] : [numbers.trim().split(/\s+/).map(Number)];
  });
  const sum = (column: number): number => rows.reduce((total, row) => total + (row[column] ?? 0), 0);
  return { received: sum(0), sent: sum(8) };
}

const isThere = (pid: number): boolean => statSync(`/proc/${pid}`, { throwIfNoEntry: false }) !== undefined;
