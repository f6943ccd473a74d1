/** What a control group has used, in the shape of runc's `events --stats`: containerd and docker read it. */
import { existsSync, readdirSync } from 'node:fs';
import { TsrunError } from '../../errors/tsrun-error.ts';
import { type BlockIoStats, blockIoStats } from './block-io.ts';
import { GroupFiles } from './files.ts';
import { type Pressure, pressure } from './pressure.ts';

/** Counters are 64 bits wide; `statsJson` writes them as numbers. */
export interface CgroupStats {
  readonly cpu: {
    /** Nanoseconds. */
    readonly usage: { readonly total: bigint; readonly kernel: bigint; readonly user: bigint };
    /** `throttledTime` in nanoseconds. */
    readonly throttling: {
      readonly periods: bigint;
      readonly throttledPeriods: bigint;
      readonly throttledTime: bigint;
    };
    readonly psi?: Pressure;
  };
  readonly cpuset: { readonly cpus: readonly number[]; readonly mems: readonly number[] };
  /** Bytes. */
  readonly memory: {
    /** Page cache. */
    readonly cache: bigint;
    readonly usage: MemoryEntry;
    /** Memory and swap together, as cgroup v1 counted. */
    readonly swap: MemoryEntry;
    readonly kernel: MemoryEntry;
    readonly kernelTCP: MemoryEntry;
    /** memory.stat as it is. */
    readonly raw: Readonly<Record<string, bigint>>;
    readonly psi?: Pressure;
    /** memory.events: how often each limit was met. */
    readonly event_count: Readonly<Record<string, bigint>>;
  };
  /** `limit` 0: none. */
  readonly pids: { readonly current: bigint; readonly limit: bigint };
  readonly blkio: BlockIoStats;
  /** By page size, for example `2MB`; bytes. */
  readonly hugetlb: Readonly<
    Record<string, { readonly usage: bigint; readonly max: bigint; readonly failcnt: bigint }>
  >;
  readonly intel_rdt: Readonly<Record<string, never>>;
  readonly network_interfaces: null;
}

/** `limit` 2^64 - 1: none. */
export interface MemoryEntry {
  readonly limit: bigint;
  readonly usage: bigint;
  /** The highest so far; 0 where the kernel does not say. */
  readonly max: bigint;
  readonly failcnt: bigint;
}

/**
 * Reads all there is; what belongs to a controller that is not enabled reads as zero.
 *
 * @param path directory of the group
 * @throws TsrunError STEP_FAILED when the group is gone
 */
export function cgroupStats(path: string): CgroupStats {
  if (!existsSync(path)) {
    throw new TsrunError('STEP_FAILED', 'cannot read what the container uses', {
      why: `its control group "${path}" is gone: nothing runs in it any more`,
    });
  }
  const files = new GroupFiles(path);
  return {
    cpu: cpuStats(files),
    cpuset: { cpus: listed(files, 'cpuset.cpus'), mems: listed(files, 'cpuset.mems') },
    memory: memoryStats(files),
    pids: pidsStats(files),
    blkio: blockIoStats(files),
    hugetlb: hugetlbStats(path, files),
    intel_rdt: {},
    network_interfaces: null,
  };
}

const perMicrosecond = 1000n;

function cpuStats(files: GroupFiles): CgroupStats['cpu'] {
  const table = files.table('cpu.stat');
  const count = (key: string): bigint => table.get(key) ?? 0n;
  return {
    usage: {
      total: count('usage_usec') * perMicrosecond,
      kernel: count('system_usec') * perMicrosecond,
      user: count('user_usec') * perMicrosecond,
    },
    throttling: {
      periods: count('nr_periods'),
      throttledPeriods: count('nr_throttled'),
      throttledTime: count('throttled_usec') * perMicrosecond,
    },
    ...pressure(files, 'cpu.pressure'),
  };
}

const nothing: MemoryEntry = { limit: 0n, usage: 0n, max: 0n, failcnt: 0n };

function memoryStats(files: GroupFiles): CgroupStats['memory'] {
  const raw = Object.fromEntries(files.table('memory.stat'));
  const events = Object.fromEntries(files.table('memory.events'));
  const own = { usage: files.number('memory.current'), limit: files.number('memory.max') };
  const swap = { usage: files.number('memory.swap.current'), limit: files.number('memory.swap.max') };
  const both = own.limit + swap.limit;
  return {
    cache: raw['file'] ?? 0n,
    usage: { ...own, max: files.number('memory.peak'), failcnt: events['max'] ?? 0n },
    swap: { ...nothing, usage: own.usage + swap.usage, limit: both > 2n ** 63n ? 2n ** 64n - 1n : both },
    kernel: nothing,
    kernelTCP: nothing,
    raw,
    ...pressure(files, 'memory.pressure'),
    event_count: events,
  };
}

function pidsStats(files: GroupFiles): CgroupStats['pids'] {
  const limit = files.text('pids.max')?.trim() ?? 'max';
  return { current: files.number('pids.current'), limit: limit === 'max' ? 0n : BigInt(limit) };
}

function hugetlbStats(path: string, files: GroupFiles): CgroupStats['hugetlb'] {
  const sizes = readdirSync(path).flatMap((name) => /^hugetlb\.(\d+[KMG]B)\.current$/.exec(name)?.[1] ?? []);
  return Object.fromEntries(
    sizes.map((size) => [
      size,
      {
        usage: files.number(`hugetlb.${size}.current`),
        max: 0n,
        failcnt: files.table(`hugetlb.${size}.events`).get('max') ?? 0n,
      },
    ]),
  );
}

/** `0-2,7` as numbers. */
function listed(files: GroupFiles, name: string): readonly number[] {
  const parts = (files.text(name)?.trim() ?? '').split(',').filter(Boolean);
  return parts.flatMap((part) => {
    const [from = 0, to = from] = part.split('-').map(Number);
    return Array.from({ length: to - from + 1 }, (_, index) => from + index);
  });
}
