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
  const { unsupported, ignored } = cgroupLimits(
    { memory: { swappiness: 10, kernel: 5 }, network: { classID: 1 } },
    pageSize,
  );
  expect(unsupported).toEqual(['linux.resources.memory.swappiness', 'linux.resources.network.classID']);
  expect(ignored).toEqual(['linux.resources.memory.kernel']);
});

/**
 * What the two other runtimes write for the same document: runc's libcontainer (opencontainers/cgroups fs2/*.go, utils.go
 * and its cgroups_test.go) and crun (cgroup-resources.c, the table in crun.1.md). Where they differ the comment says which.
 */
describe('conversions', () => {
  const disk = { major: 8, minor: 16 };
  const table: readonly (readonly [
    source: string,
    resources: OciResources,
    files: Readonly<Record<string, string>>,
  ])[] = [
    ['runc ConvertCPUSharesToCgroupV2Value, zero', { cpu: { shares: 0 } }, {}],
    ['runc ConvertCPUSharesToCgroupV2Value, least', { cpu: { shares: 2 } }, { 'cpu.weight': '1' }],
    ['crun, 100 shares', { cpu: { shares: 100 } }, { 'cpu.weight': '17' }],
    ['runc and crun, default', { cpu: { shares: 1024 } }, { 'cpu.weight': '100' }],
    ['runc and crun, most', { cpu: { shares: 262_144 } }, { 'cpu.weight': '10000' }],
    ['runc, above the most', { cpu: { shares: 999_999 } }, { 'cpu.weight': '10000' }],
    ['runc setCPU, quota alone', { cpu: { quota: 5000 } }, { 'cpu.max': '5000 100000' }],
    ['runc setCPU, period alone', { cpu: { period: 9000 } }, { 'cpu.max': 'max 9000' }],
    ['runc setCPU, no quota', { cpu: { quota: -1 } }, { 'cpu.max': 'max 100000' }],
    ['runc setCPU, idle', { cpu: { idle: 1 } }, { 'cpu.idle': '1' }],
    ['runc setCPU, idle off', { cpu: { idle: 0 } }, { 'cpu.idle': '0' }],
    [
      'runc setCPU, burst',
      { cpu: { quota: 9000, burst: 4000 } },
      { 'cpu.max': '9000 100000', 'cpu.max.burst': '4000' },
    ],
    ['runc setCpuset', { cpu: { cpus: '0-1', mems: '0' } }, { 'cpuset.cpus': '0-1', 'cpuset.mems': '0' }],
    ['both, empty sets', { cpu: { cpus: '', mems: '' } }, {}],
    ['runc ConvertMemorySwapToCgroupV2Value, zeros', { memory: { limit: 0, swap: 0 } }, {}],
    ['runc, limit alone: swap untouched', { memory: { limit: 8192 } }, { 'memory.max': '8192' }],
    ['runc, memory unlimited: swap too', { memory: { limit: -1 } }, { 'memory.max': 'max', 'memory.swap.max': 'max' }],
    ['runc, swap unlimited', { memory: { limit: 8192, swap: -1 } }, { 'memory.max': '8192', 'memory.swap.max': 'max' }],
    [
      'runc, the sum is the limit: no swap',
      { memory: { limit: 8192, swap: 8192 } },
      { 'memory.max': '8192', 'memory.swap.max': '0' },
    ],
    ['runc, the sum', { memory: { limit: 8192, swap: 12_288 } }, { 'memory.max': '8192', 'memory.swap.max': '4096' }],
    ['runc setMemory, reservation', { memory: { reservation: 4096 } }, { 'memory.low': '4096' }],
    ['docker on cgroup v1, unlimited', { memory: { limit: 2 ** 63 - 4096 } }, { 'memory.max': 'max' }],
    ['runc ignores these on v2', { memory: { kernel: 1, kernelTCP: 1, swappiness: 5, disableOOMKiller: true } }, {}],
    ['runc 1.1, crun: zero is none', { pids: { limit: 0 } }, { 'pids.max': 'max' }],
    ['both, minus one', { pids: { limit: -1 } }, { 'pids.max': 'max' }],
    ['both', { pids: { limit: 20 } }, { 'pids.max': '20' }],
    ['runc ConvertBlkIOToIOWeightValue, zero', { blockIO: { weight: 0 } }, {}],
    [
      'runc ConvertBlkIOToIOWeightValue, least',
      { blockIO: { weight: 10 } },
      { 'io.bfq.weight': 'default 10', 'io.weight': 'default 1' },
    ],
    [
      'runc ConvertBlkIOToIOWeightValue',
      { blockIO: { weight: 500 } },
      { 'io.bfq.weight': 'default 500', 'io.weight': 'default 4950' },
    ],
    [
      'runc WeightString',
      { blockIO: { weightDevice: [{ ...disk, weight: 1000 }] } },
      { 'io.bfq.weight': '8:16 1000', 'io.weight': '8:16 10000' },
    ],
    [
      'runc ignores leaf weights on v2',
      { blockIO: { leafWeight: 100, weightDevice: [{ ...disk, leafWeight: 1 }] } },
      {},
    ],
    [
      'runc StringName, all four in one line',
      {
        blockIO: {
          throttleReadBpsDevice: [{ ...disk, rate: 1 }],
          throttleWriteBpsDevice: [{ ...disk, rate: 2 }],
          throttleReadIOPSDevice: [{ ...disk, rate: 3 }],
          throttleWriteIOPSDevice: [{ ...disk, rate: 4 }],
        },
      },
      { 'io.max': '8:16 rbps=1 wbps=2 riops=3 wiops=4' },
    ],
    [
      'runc setHugeTlb',
      { hugepageLimits: [{ pageSize: '1GB', limit: 2 ** 31 }] },
      { 'hugetlb.1GB.max': '2147483648', 'hugetlb.1GB.rsvd.max': '2147483648' },
    ],
    [
      'runc setHugeTlb, none allowed',
      { hugepageLimits: [{ pageSize: '64KB', limit: 0 }] },
      { 'hugetlb.64KB.max': '0', 'hugetlb.64KB.rsvd.max': '0' },
    ],
    [
      'runc createCmdString of rdma',
      { rdma: { mlx5_1: { hcaHandles: 3, hcaObjects: 10_000 } } },
      { 'rdma.max': 'mlx5_1 hca_handle=3 hca_object=10000' },
    ],
    ['crun, half of it', { rdma: { mlx5_1: { hcaHandles: 3 } } }, { 'rdma.max': 'mlx5_1 hca_handle=3 hca_object=max' }],
    [
      'config-linux.md#unified: it comes last',
      { memory: { limit: 8192 }, pids: { limit: 5 }, unified: { 'memory.max': '4096', 'cpu.weight': '7' } },
      { 'memory.max': '4096', 'pids.max': '5', 'cpu.weight': '7' },
    ],
  ];
  it.each(table)('%s', (_, resources, expected) => {
    expect(files(resources)).toEqual(expected);
  });
  it.each([
    ['runc: "unable to set swap limit without memory limit"', { swap: 4096 }],
    ['runc: memory+swap "should be >= memory"', { limit: 8192, swap: 4096 }],
  ] as const)('%s', (_, memory) => {
    expect(() => files({ memory })).toThrow(RangeError);
  });
  it('swap that the kernel does not count may be unlimited or none, and nothing between', () => {
    const optional = (swap: number) =>
      cgroupLimits({ memory: { limit: 8192, swap } }, pageSize).limits.find(({ file }) => file === 'memory.swap.max')
        ?.optional;
    expect([-1, 8192, 12_288].map(optional)).toEqual([true, true, false]);
  });
});
