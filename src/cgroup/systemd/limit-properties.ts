/** Limits as properties of a unit, systemd.resource-control(5), so that systemd does not undo them. Pure. */
import type { ScopeProperty } from '../../plan/plan.ts';
import type { CgroupLimit } from '../cgroup-limit.ts';

/** systemd's words for "no limit". */
const infinity = 0xffff_ffff_ffff_ffffn;

const sizes: Readonly<Record<string, string>> = {
  'memory.max': 'MemoryMax',
  'memory.high': 'MemoryHigh',
  'memory.low': 'MemoryLow',
  'memory.min': 'MemoryMin',
  'memory.swap.max': 'MemorySwapMax',
  'pids.max': 'TasksMax',
  'cpu.weight': 'CPUWeight',
};
const lists: Readonly<Record<string, string>> = {
  'cpuset.cpus': 'AllowedCPUs',
  'cpuset.mems': 'AllowedMemoryNodes',
};

/**
 * What systemd 244 has a property for. The rest (cpu.idle, hugetlb, io of single disks, ...) it knows nothing of and leaves
 * alone, as what makes no sense, which the kernel refuses; the files of the group say that too, and more exactly: a quota is per cent to systemd.
 */
export function limitProperties(limits: readonly CgroupLimit[]): readonly ScopeProperty[] {
  return limits.flatMap(({ file, value }) => {
    const size = sizes[file];
    if (size !== undefined && /^(\d+|max)$/.test(value)) {
      return [number(size, value === 'max' ? infinity : BigInt(value))];
    }
    const list = lists[file];
    if (list !== undefined && /^\d+(-\d+)?(,\d+(-\d+)?)*$/.test(value))
      return [{ name: list, signature: 'ay', value: bitmask(value) }];
    if (file === 'cpu.max' && /^(\d+|max)( [1-9]\d*)?$/.test(value)) return quota(value);
    const weight = file === 'io.weight' ? /^default (\d+)$/.exec(value)?.[1] : undefined;
    return weight === undefined ? [] : [number('IOWeight', BigInt(weight))];
  });
}

const number = (name: string, value: bigint): ScopeProperty => ({ name, signature: 't', value });

const usualPeriod = 100_000n;
const perSecond = 1_000_000n;
/** One per cent of a second. */
const grain = 10_000n;

/** `QUOTA PERIOD`, microseconds. systemd keeps whole per cents: rounded up, or the file below would be cut. */
function quota(value: string): readonly ScopeProperty[] {
  const [most = 'max', every = `${usualPeriod}`] = value.split(' ');
  const period = BigInt(every);
  const exact = most === 'max' ? infinity : (BigInt(most) * perSecond) / period;
  const rounded = most === 'max' ? infinity : ((exact + grain - 1n) / grain) * grain;
  return [number('CPUQuotaPeriodUSec', period), number('CPUQuotaPerSecUSec', rounded)];
}

/** `0-2,7` as bytes, lowest bits first. */
function bitmask(list: string): readonly number[] {
  const bytes: number[] = [];
  for (const part of list.split(',').filter(Boolean)) {
    const [from = 0, to = from] = part.trim().split('-').map(Number);
    for (let bit = from; bit <= to; bit++) {
      while (bytes.length <= bit >> 3) bytes.push(0);
      bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) | (1 << (bit & 7));
    }
  }
  return bytes;
}
