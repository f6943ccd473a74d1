import { describe, expect, it } from 'vitest';
import { cpuList } from '../oci/cpu-list.ts';
import type { OciResources } from '../oci/resources.ts';
import { cpuWeight } from './cpu-weight.ts';
import { cgroupLimits } from './limits.ts';

const pageSize = 4096;
const files = (resources: OciResources) =>
  Object.fromEntries(cgroupLimits(resources, pageSize).limits.map(({ file, value }) => [file, value]));
const expects = (resources: OciResources) =>
  Object.fromEntries(cgroupLimits(resources, pageSize).limits.map(({ file, expect: line }) => [file, line]));

describe('memory', () => {
  it('is split from swap, which the document adds to it', () => {
    expect(files({ memory: { limit: 8192, swap: 20480, reservation: 4096 } })).toEqual({
      'memory.swap.max': '12288',
      'memory.max': '8192',
      'memory.low': '4096',
    });
  });
  it('reads back in whole pages', () => {
    expect(expects({ memory: { limit: 5_000_000 } })).toEqual({ 'memory.max': '4997120' });
  });
  it('has no swap when both are the same', () => {
    expect(files({ memory: { limit: 8192, swap: 8192 } })['memory.swap.max']).toBe('0');
  });
  it('without a limit has no limit on swap either', () => {
    expect(files({ memory: { limit: -1 } })).toEqual({ 'memory.swap.max': 'max', 'memory.max': 'max' });
    expect(files({ memory: { limit: 8192, swap: -1 } })['memory.swap.max']).toBe('max');
  });
  it('of zero is nobody’s wish', () => {
    expect(files({ memory: { limit: 0, swap: 0, reservation: 0 } })).toEqual({});
  });
  it('refuses a sum that is less than its part', () => {
    expect(() => files({ memory: { limit: 8192, swap: 4096 } })).toThrow('is less than limit');
    expect(() => files({ memory: { swap: 4096 } })).toThrow('needs limit too');
  });
});

describe('cpu', () => {
  it('shares become a weight by the newer curve', () => {
    expect([2, 100, 1024, 2048, 262_144, 1].map(cpuWeight)).toEqual([1, 17, 100, 174, 10_000, 1]);
  });
  it('quota and period are one line', () => {
    expect(files({ cpu: { quota: 50_000, period: 200_000 } })['cpu.max']).toBe('50000 200000');
    expect(files({ cpu: { quota: 50_000 } })['cpu.max']).toBe('50000 100000');
    expect(files({ cpu: { quota: -1, period: 50_000 } })['cpu.max']).toBe('max 50000');
    expect(files({ cpu: { quota: 0, period: 0, shares: 0 } })).toEqual({});
  });
  it('idle comes after the weight and burst after the quota', () => {
    const order = cgroupLimits({ cpu: { idle: 1, shares: 5, burst: 7, quota: 9 } }, pageSize).limits;
    expect(order.map(({ file }) => file)).toEqual(['cpu.weight', 'cpu.idle', 'cpu.max', 'cpu.max.burst']);
  });
  it('sets read back as the kernel prints them', () => {
    expect(expects({ cpu: { cpus: '2,0-1,5', mems: '0' } })).toEqual({ 'cpuset.cpus': '0-2,5', 'cpuset.mems': '0' });
  });
  it('lists that are none are refused', () => {
    for (const text of ['', 'a', '3-1', '0-', '1,,2', '99999', '-1']) expect(() => cpuList(text)).toThrow('not a list');
  });
});

describe('pids', () => {
  it('of zero and minus one are unlimited', () => {
    expect([0, -1, 20].map((limit) => files({ pids: { limit } })['pids.max'])).toEqual(['max', 'max', '20']);
  });
});

describe('io', () => {
  it('rates of one disk are one line', () => {
    const disk = { major: 8, minor: 0 };
    expect(
      files({
        blockIO: {
          throttleReadBpsDevice: [{ ...disk, rate: 100 }],
          throttleWriteIOPSDevice: [{ ...disk, rate: 7 }],
        },
      }),
    ).toEqual({ 'io.max': '8:0 rbps=100 wbps=max riops=max wiops=7' });
  });
  it('weights go to both schedulers', () => {
    expect(files({ blockIO: { weight: 10 } })).toEqual({ 'io.bfq.weight': 'default 10', 'io.weight': 'default 1' });
    expect(files({ blockIO: { weight: 1000 } })['io.weight']).toBe('default 10000');
    expect(files({ blockIO: { weight: 0 } })).toEqual({});
    expect(() => files({ blockIO: { weight: 5 } })).toThrow('from 10 to 1000');
  });
});

describe('huge pages', () => {
  it('are limited in use and reserved', () => {
    expect(expects({ hugepageLimits: [{ pageSize: '2MB', limit: 5_000_000 }] })).toEqual({
      'hugetlb.2MB.max': '4194304',
      'hugetlb.2MB.rsvd.max': '4194304',
    });
  });
  it('of no size are refused', () => {
    for (const size of ['2', '2mb', '0MB', '../x']) {
      expect(() => files({ hugepageLimits: [{ pageSize: size, limit: 1 }] })).toThrow('not a huge page size');
    }
  });
});

describe('unified', () => {
  it('overrides the other fields', () => {
    expect(files({ memory: { limit: 8192 }, unified: { 'memory.max': '4096', 'memory.high': '2048' } })).toEqual({
      'memory.max': '4096',
      'memory.high': '2048',
    });
  });
  it('writes each line by itself', () => {
    const { limits } = cgroupLimits({ unified: { 'io.max': '8:0 rbps=1\n8:16 rbps=2\n' } }, pageSize);
    expect(limits.map(({ value }) => value)).toEqual(['8:0 rbps=1', '8:16 rbps=2']);
  });
  it('cannot reach outside the group or move processes', () => {
    for (const file of ['../memory.max', 'a/memory.max', 'cgroup.procs', 'cgroup.subtree_control', 'nodot', 'x.\n']) {
      expect(() => files({ unified: { [file]: '1' } })).toThrow('not a limit of cgroup v2');
    }
  });
});

it('names what cgroup v2 has nothing for', () => {
  const { unsupported } = cgroupLimits({ memory: { swappiness: 10, kernel: 5 }, network: { classID: 1 } }, pageSize);
  expect(unsupported).toHaveLength(3);
  expect(unsupported[0]).toContain('linux.resources.memory.kernel ');
});
