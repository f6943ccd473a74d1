/**
 * `linux.resources` as files of cgroup v2: pure, so that every rule is tested without a kernel.
 *
 * The document speaks cgroup v1; the translation follows runtime-spec config-linux.md and what runc and crun do with it
 * today. Kernel side: Documentation/admin-guide/cgroup-v2.rst.
 */

import { cpuList } from '../oci/cpu-list.ts';
import type { OciCpu, OciMemory, OciResources } from '../oci/resources.ts';
import { blockIoLimits } from './block-io.ts';
import type { CgroupLimit } from './cgroup-limit.ts';
import { cpuWeight } from './cpu-weight.ts';

export interface CgroupLimits {
  readonly limits: readonly CgroupLimit[];
  /** Fields that cgroup v2 has nothing for, which the specification wants refused. */
  readonly unsupported: readonly string[];
  /** Those of them that clients write although nobody depends on them. */
  readonly ignored: readonly string[];
}

/** The controller behind a file: `memory` for `memory.max`. */
export const controllerOf = (file: string): string => file.slice(0, Math.max(0, file.indexOf('.')));

/**
 * The files to write, in order; `max` where a limit is explicitly none.
 *
 * @param pageSize bytes: the kernel rounds memory limits down to pages
 * @throws RangeError with a sentence when the document contradicts itself
 * @example cgroupLimits({ memory: { limit: 67108864 } }, 4096).limits[0]
 *   // { file: 'memory.max', value: '67108864', expect: '67108864', optional: false }
 */
export function cgroupLimits(resources: OciResources, pageSize: number): CgroupLimits {
  const { memory = {}, cpu = {}, pids, blockIO = {}, hugepageLimits = [], rdma = {}, unified = {} } = resources;
  const limits = [
    ...memoryLimits(memory, pageSize),
    ...cpuLimits(cpu),
    ...(pids?.limit === undefined ? [] : [same('pids.max', pidsMax(pids.limit))]),
    ...blockIoLimits(blockIO),
    ...hugepageLimits.flatMap(({ pageSize: size, limit }) => hugetlb(size, limit)),
    ...Object.entries(rdma).map(([device, { hcaHandles, hcaObjects }]) =>
      unread('rdma.max', `${device} hca_handle=${hcaHandles ?? 'max'} hca_object=${hcaObjects ?? 'max'}`),
    ),
  ].filter(({ file }) => unified[file] === undefined);
  return {
    limits: [...limits, ...Object.entries(unified).flatMap(([file, value]) => unifiedLimits(file, value, pageSize))],
    unsupported: unsupportedFields(resources),
    ignored: ignoredFields(resources),
  };
}

/** Zero is no limit: podman and docker write it for that, whatever the specification says since 1.3. */
const pidsMax = (limit: number): string => (limit > 0 ? `${limit}` : 'max');

const same = (file: string, value: string): CgroupLimit => ({ file, value, expect: value, optional: false });
const unread = (file: string, value: string): CgroupLimit => ({ file, value, expect: '', optional: false });

/** -1 is "no limit", 0 is "not set": docker and podman send zeros for what nobody asked for. */
function memoryLimits(memory: OciMemory, pageSize: number): readonly CgroupLimit[] {
  const { limit = 0, reservation = 0 } = memory;
  // As under v1: unlimited memory without a word on swap means unlimited swap too.
  const swap = memory.swap ?? 0;
  const both = limit < 0 && swap === 0 ? -1 : swap;
  const limits: CgroupLimit[] = [];
  if (both !== 0) {
    const alone = swapAlone(both, limit);
    // Without swap in the kernel the file is missing, and "none" and "any" are true all the same.
    limits.push({ ...bytes('memory.swap.max', alone, pageSize), optional: alone <= 0 });
  }
  if (limit !== 0) limits.push(bytes('memory.max', limit, pageSize));
  if (reservation !== 0) limits.push(bytes('memory.low', reservation, pageSize));
  return limits;
}

/** v1 limits the sum of memory and swap, v2 swap alone. */
function swapAlone(sum: number, memory: number): number {
  if (sum < 0) return -1;
  if (memory <= 0)
    throw new RangeError('linux.resources.memory.swap is the sum of memory and swap: it needs limit too');
  if (sum < memory) throw new RangeError(`linux.resources.memory.swap (${sum}) is less than limit (${memory})`);
  return sum - memory;
}

/** The kernel counts pages in a long and calls the highest number "max"; cgroup v1 showed it as 9223372036854771712. */
const highestBytes = 2 ** 63 - 2 ** 16;

function bytes(file: string, value: number, unit: number): CgroupLimit {
  if (value < 0 || value >= highestBytes) return same(file, 'max');
  return { file, value: `${value}`, expect: `${Math.floor(value / unit) * unit}`, optional: false };
}

const defaultPeriod = 100_000;

function cpuLimits(cpu: OciCpu): readonly CgroupLimit[] {
  const { shares = 0, quota = 0, period = 0, burst, idle, cpus = '', mems = '' } = cpu;
  const limits: CgroupLimit[] = [];
  // Before cpu.idle, which makes the weight unwritable (EINVAL).
  if (shares !== 0) limits.push(same('cpu.weight', `${cpuWeight(shares)}`));
  if (idle !== undefined) limits.push(same('cpu.idle', `${idle}`));
  if (quota !== 0 || period !== 0) {
    limits.push(same('cpu.max', `${quota > 0 ? quota : 'max'} ${period > 0 ? period : defaultPeriod}`));
  }
  // After cpu.max: a burst above the quota is EINVAL.
  if (burst !== undefined) limits.push({ ...same('cpu.max.burst', `${burst}`), optional: burst === 0 });
  if (cpus !== '') limits.push({ ...unread('cpuset.cpus', cpus), expect: cpuList(cpus) });
  if (mems !== '') limits.push({ ...unread('cpuset.mems', mems), expect: cpuList(mems) });
  return limits;
}

const units: Readonly<Record<string, number>> = { KB: 1024, MB: 1024 ** 2, GB: 1024 ** 3 };

/** Both the pages in use and the reserved ones: a reservation can starve others as well. */
function hugetlb(pageSize: string, limit: number): readonly CgroupLimit[] {
  const match = /^([1-9]\d*)(KB|MB|GB)$/.exec(pageSize);
  if (match === null) throw new RangeError(`"${pageSize}" is not a huge page size; write it like 2MB`);
  const unit = Number(match[1]) * (units[match[2] ?? ''] ?? 1);
  return [
    bytes(`hugetlb.${pageSize}.max`, limit, unit),
    { ...bytes(`hugetlb.${pageSize}.rsvd.max`, limit, unit), optional: true },
  ];
}

/** Files that would move processes or undo the structure above: not limits. */
const notLimits = new Set(['cgroup.procs', 'cgroup.threads', 'cgroup.type', 'cgroup.subtree_control', 'cgroup.kill']);

function unifiedLimits(file: string, value: string, pageSize: number): readonly CgroupLimit[] {
  if (!/^[a-z_]+\.[A-Za-z0-9_.-]+$/.test(file) || notLimits.has(file)) {
    throw new RangeError(`"${file}" is not a limit of cgroup v2`);
  }
  // A write sets one line: io.max for two disks is two writes.
  return value
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => {
      if (!/^\d+$/.test(line)) return line === 'max' ? same(file, line) : unread(file, line);
      if (/^memory\.(min|low|high|max|swap\.max|swap\.high|zswap\.max)$/.test(file))
        return bytes(file, Number(line), pageSize);
      return file === 'pids.max' ? same(file, line) : unread(file, line);
    });
}

function unsupportedFields({ memory = {}, cpu = {}, network = {}, blockIO = {} }: OciResources): readonly string[] {
  return used([
    ['memory.swappiness', memory.swappiness !== undefined],
    ['cpu.realtimeRuntime', (cpu.realtimeRuntime ?? 0) > 0],
    ['cpu.realtimePeriod', (cpu.realtimePeriod ?? 0) > 0],
    ['blockIO.leafWeight', (blockIO.leafWeight ?? 0) > 0],
    ['network.classID', (network.classID ?? 0) > 0],
    ['network.priorities', (network.priorities ?? []).length > 0],
  ]);
}

/** Kernel memory counts as memory in cgroup v2; its OOM killer cannot be switched off, and dockerd asks for it with v1 in mind. */
function ignoredFields({ memory = {} }: OciResources): readonly string[] {
  return used([
    ['memory.kernel', (memory.kernel ?? 0) > 0],
    ['memory.kernelTCP', (memory.kernelTCP ?? 0) > 0],
    ['memory.disableOOMKiller', memory.disableOOMKiller === true],
  ]);
}

const used = (fields: readonly (readonly [string, boolean])[]): readonly string[] =>
  fields.filter(([, isUsed]) => isUsed).map(([field]) => `linux.resources.${field}`);

/** For fields that are not in force. */
export const withoutCounterpart = (fields: readonly string[]): readonly string[] =>
  fields.map((field) => `${field} has no counterpart in cgroup v2 and is not in force`);
