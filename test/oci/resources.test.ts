/** `create` and `update` of tsrun-oci: every field of linux.resources and every flag, as the kernel shows it in cgroup v2. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import type { OciResources } from '../../src/oci/resources.ts';
import { makeHome, type TestHome } from '../support/home.ts';
import { requires } from '../support/requires.ts';
import { makeBundle, type TestBundle } from './bundle.ts';

const test = requires('cgroup-v2-memory', 'cgroup-v2-io', 'cgroup-v2-cpuset', 'root');
const MB = 1024 ** 2;
const scheduler = '/sys/block/vda/queue/scheduler';
const disk = (): string => readFileSync('/sys/block/vda/dev', 'latin1').trim();

let home: TestHome;
let schedulerBefore = '';
beforeAll(() => {
  home = makeHome();
});
afterAll(() => {
  if (schedulerBefore !== '') writeFileSync(scheduler, schedulerBefore);
  home[Symbol.dispose]();
});

/** A disk has a weight of its own only under BFQ. */
function useBfq(): void {
  if (schedulerBefore === '') schedulerBefore = /\[(.*)\]/.exec(readFileSync(scheduler, 'latin1'))?.[1] ?? '';
  writeFileSync(scheduler, 'bfq');
}

interface Created {
  readonly bundle: TestBundle;
  read(file: string): string;
  all(expected: Readonly<Record<string, string>>): Record<string, string>;
  update(args: readonly string[], input?: string): string;
  [Symbol.dispose](): void;
}

function create(resources: OciResources): Created {
  const bundle = makeBundle(home.path);
  bundle.configure((config) => {
    config.process.args = ['sleep', '1000'];
    config.linux['resources'] = resources;
  });
  expect(bundle.oci(['create', '--pid-file', 'pid', 'c'])).toMatchObject({ stderr: '', status: 0 });
  const pid = readFileSync(join(bundle.path, 'pid'), 'latin1');
  const group = /^0::(.*)$/m.exec(readFileSync(`/proc/${pid}/cgroup`, 'latin1'))?.[1] ?? '';
  // Without the controller there is no limit either.
  const read = (file: string): string => {
    const path = join('/sys/fs/cgroup', group, file);
    return existsSync(path) ? readFileSync(path, 'latin1').trim() : 'max';
  };
  return {
    bundle,
    read,
    all: (expected) => Object.fromEntries(Object.keys(expected).map((file) => [file, read(file)])),
    update: (args, input) => {
      const { stderr, status } = bundle.oci(['update', ...args, 'c'], input === undefined ? {} : { input });
      return status === 0 ? stderr : `status ${status}: ${stderr}`;
    },
    [Symbol.dispose]: () => void bundle.oci(['delete', '--force', 'c']),
  };
}

type Files = Readonly<Record<string, string>>;

test('a memory limit in which the container cannot start is named', () => {
  const bundle = makeBundle(home.path);
  bundle.configure((config) => {
    config.linux['resources'] = { memory: { limit: 4096 } };
  });
  const { stderr, status } = bundle.oci(['create', 'c']);
  expect(status).toBe(1);
  expect(stderr).toContain('its limit is 4096 bytes');
});

test('conversions of the words of cgroup v1', () => {
  useBfq();
  const [major = 0, minor = 0] = disk().split(':').map(Number);
  const rate = (bytes: number) => [{ major, minor, rate: bytes }];
  const cases: readonly (readonly [OciResources, Files])[] = [
    [
      {
        // The sum of both; so there is no swap.
        memory: { limit: 64 * MB, swap: 64 * MB },
        cpu: { shares: 100, quota: 50_000 },
        pids: { limit: 0 },
        blockIO: {
          weight: 10,
          weightDevice: [{ major, minor, weight: 700 }],
          throttleReadBpsDevice: rate(MB),
          throttleWriteBpsDevice: rate(2 * MB),
          throttleReadIOPSDevice: rate(100),
          throttleWriteIOPSDevice: rate(200),
        },
        hugepageLimits: [{ pageSize: '2MB', limit: 3 * MB }],
      },
      {
        'memory.max': `${64 * MB}`,
        'memory.swap.max': '0',
        'cpu.weight': '17',
        'cpu.max': '50000 100000',
        'pids.max': 'max',
        'io.bfq.weight': `default 10\n${disk()} 700`,
        'io.max': `${disk()} rbps=${MB} wbps=${2 * MB} riops=100 wiops=200`,
        'hugetlb.2MB.max': `${2 * MB}`,
        'hugetlb.2MB.rsvd.max': `${2 * MB}`,
      },
    ],
    [
      { memory: { limit: -1 }, cpu: { shares: 2, period: 200_000 }, pids: { limit: -1 }, blockIO: { weight: 1000 } },
      {
        'memory.max': 'max',
        'memory.swap.max': 'max',
        'cpu.weight': '1',
        'cpu.max': 'max 200000',
        'pids.max': 'max',
        'io.bfq.weight': 'default 1000',
      },
    ],
    [
      {
        memory: { limit: 64 * MB, swap: -1, reservation: 32 * MB },
        cpu: { shares: 262_144, quota: -1, period: 50_000 },
        pids: { limit: 5 },
        // They have the last word.
        unified: { 'memory.max': `${32 * MB}`, 'pids.max': '9', 'memory.high': `${16 * MB}`, 'cpu.weight': '33' },
      },
      {
        'memory.max': `${32 * MB}`,
        'memory.high': `${16 * MB}`,
        'memory.swap.max': 'max',
        'memory.low': `${32 * MB}`,
        'cpu.weight': '33',
        'cpu.max': 'max 50000',
        'pids.max': '9',
      },
    ],
  ];
  for (const [resources, files] of cases) {
    using made = create(resources);
    expect(made.all(files)).toEqual(files);
  }
});

test('device rules decide what a container may open, and the default devices stay', () => {
  const [major = 0, minor = 0] = disk().split(':').map(Number);
  using made = create({
    devices: [
      { allow: false, access: 'rwm' },
      { allow: true, type: 'b', major, minor, access: 'r' },
    ],
  });
  const node = (name: string, ...device: readonly number[]) =>
    spawnSync('mknod', [join(made.bundle.rootfs, 'tmp', name), 'b', ...device.map(String)]);
  node('disk', major, minor);
  // Without the rules there would be no such device.
  node('loop', 7, 0);
  expect(made.bundle.oci(['start', 'c'])).toMatchObject({ stderr: '', status: 0 });
  const script = (text: string) => made.bundle.oci(['exec', 'c', 'sh', '-c', text]);
  expect(script('head -c 1 /tmp/disk > /dev/null && head -c 1 /dev/zero > /dev/null && echo both')).toEqual({
    stdout: 'both\n',
    stderr: '',
    status: 0,
  });
  expect(script(': >> /tmp/disk').stderr).toContain('Operation not permitted');
  expect(script(': < /tmp/loop').stderr).toContain('Operation not permitted');
});

const base: OciResources = {
  memory: { limit: 64 * MB, swap: 96 * MB, reservation: 16 * MB },
  cpu: { shares: 512, quota: 50_000, period: 100_000, burst: 10_000, cpus: '0-1', mems: '0' },
  pids: { limit: 20 },
  blockIO: { weight: 300 },
};

test('update by flags: each changes its own file', () => {
  useBfq();
  using made = create(base);
  const unchanged: Files = {
    'memory.max': `${64 * MB}`,
    'memory.swap.max': `${32 * MB}`,
    'memory.low': `${16 * MB}`,
    'cpu.weight': '59',
    'cpu.max': '50000 100000',
    'cpu.max.burst': '10000',
    'cpu.idle': '0',
    'cpuset.cpus': '0-1',
    'cpuset.mems': '0',
    'pids.max': '20',
    'io.bfq.weight': 'default 300',
  };
  expect(made.all(unchanged)).toEqual(unchanged);
  let now = unchanged;
  const steps: readonly (readonly [string, Files])[] = [
    ['--memory 83886080', { 'memory.max': `${80 * MB}` }],
    ['--memory 48m', { 'memory.max': `${48 * MB}` }],
    ['--memory 40m --memory-swap 60m', { 'memory.max': `${40 * MB}`, 'memory.swap.max': `${20 * MB}` }],
    ['--memory-swap 50m', { 'memory.swap.max': `${10 * MB}` }],
    ['--memory-swap -1', { 'memory.swap.max': 'max' }],
    ['--memory 0', {}],
    ['--memory -1', { 'memory.max': 'max' }],
    ['--memory-reservation 8m', { 'memory.low': `${8 * MB}` }],
    ['--cpu-quota 20000', { 'cpu.max': '20000 100000' }],
    ['--cpu-period 200000', { 'cpu.max': '20000 200000' }],
    ['--cpu-burst 1000', { 'cpu.max.burst': '1000' }],
    ['--cpu-burst 0', { 'cpu.max.burst': '0' }],
    ['--cpu-quota -1', { 'cpu.max': 'max 200000' }],
    ['--cpu-share 1024', { 'cpu.weight': '100' }],
    ['--cpu-idle 1', { 'cpu.idle': '1', 'cpu.weight': '0' }],
    ['--cpu-quota 30000', { 'cpu.max': '30000 200000' }],
    ['--cpu-idle 0', { 'cpu.idle': '0', 'cpu.weight': '100' }],
    ['--cpuset-cpus 1', { 'cpuset.cpus': '1' }],
    ['--cpuset-mems 0', {}],
    ['--pids-limit 30', { 'pids.max': '30' }],
    ['--pids-limit 0', { 'pids.max': 'max' }],
    ['--pids-limit 31', { 'pids.max': '31' }],
    ['--pids-limit -1', { 'pids.max': 'max' }],
    ['--blkio-weight 700', { 'io.bfq.weight': 'default 700' }],
  ];
  for (const [flags, changes] of steps) {
    now = { ...now, ...changes };
    expect([flags, made.update(flags.split(' ')), made.all(now)]).toEqual([flags, '', now]);
  }
  const told = ['--kernel-memory 8m', '--kernel-memory-tcp 8m', '--cpu-rt-runtime 900', '--cpu-rt-period 1000'];
  for (const flags of told) expect(made.update(flags.split(' '))).toContain('has no counterpart in cgroup v2');
  expect(made.update(['--memory', 'much'])).toContain('invalid value "much" for --memory');
  expect(made.update(['--pids-limit', '5k'])).toContain('--pids-limit cannot be "5k"');
  expect(made.update(['--memory', '20m', '--cpuset-cpus', '63'])).toContain('cannot set the limit cpuset.cpus to "63"');
  // The flags before the one that was refused are undone.
  expect(made.all(now)).toEqual(now);
});

test('update by a document: each field changes its file, and what a client sends for "not set" nothing', () => {
  useBfq();
  const [major = 0, minor = 0] = disk().split(':').map(Number);
  const rate = (bytes: number) => [{ major, minor, rate: bytes }];
  using made = create(base);
  let now: Files = {
    'memory.max': `${64 * MB}`,
    'memory.swap.max': `${32 * MB}`,
    'memory.low': `${16 * MB}`,
    'memory.high': 'max',
    'cpu.weight': '59',
    'cpu.max': '50000 100000',
    'cpu.max.burst': '10000',
    'cpuset.cpus': '0-1',
    'pids.max': '20',
    'io.bfq.weight': 'default 300',
    'io.max': '',
  };
  const zeros = {
    memory: { limit: 0, swap: 0, reservation: 0, kernel: 0 },
    cpu: { shares: 0, quota: 0, period: 0, cpus: '', mems: '' },
    pids: { limit: 0 },
    blockIO: { weight: 0 },
  };
  const io = (read: string): string => `${disk()} rbps=${read} wbps=${2 * MB} riops=100 wiops=200`;
  const steps: readonly (readonly [OciResources, Files])[] = [
    [{}, {}],
    [zeros, {}],
    [{ memory: { limit: 48 * MB, reservation: 8 * MB } }, { 'memory.max': `${48 * MB}`, 'memory.low': `${8 * MB}` }],
    [{ memory: { swap: 50 * MB } }, { 'memory.swap.max': `${2 * MB}` }],
    [
      { cpu: { shares: 1024, quota: 10_000, period: 50_000, burst: 500, cpus: '0', mems: '0' } },
      { 'cpu.weight': '100', 'cpu.max': '10000 50000', 'cpu.max.burst': '500', 'cpuset.cpus': '0' },
    ],
    [{ pids: { limit: 40 } }, { 'pids.max': '40' }],
    [
      { blockIO: { weight: 400, weightDevice: [{ major, minor, weight: 800 }] } },
      { 'io.bfq.weight': `default 400\n${disk()} 800` },
    ],
    [
      {
        blockIO: {
          throttleReadBpsDevice: rate(MB),
          throttleWriteBpsDevice: rate(2 * MB),
          throttleReadIOPSDevice: rate(100),
          throttleWriteIOPSDevice: rate(200),
        },
      },
      { 'io.max': io(`${MB}`) },
    ],
    [{ blockIO: { throttleReadBpsDevice: rate(0) } }, { 'io.max': io('max') }],
    // Nobody needed this controller when the container was made.
    [{ hugepageLimits: [{ pageSize: '2MB', limit: 8 * MB }] }, { 'hugetlb.2MB.max': `${8 * MB}` }],
    [
      { unified: { 'memory.high': `${24 * MB}`, 'cpu.weight': '33', 'io.max': `${disk()} rbps=${3 * MB}` } },
      { 'memory.high': `${24 * MB}`, 'cpu.weight': '33', 'io.max': io(`${3 * MB}`) },
    ],
  ];
  for (const [resources, changes] of steps) {
    now = { ...now, ...changes };
    const document = JSON.stringify(resources);
    const from = ['--resources', '-'];
    expect([document, made.update(from, document), made.all(now)]).toEqual([document, '', now]);
  }
  writeFileSync(join(made.bundle.path, 'more.json'), JSON.stringify({ pids: { limit: 41 } }));
  expect(made.update(['--resources', 'more.json'])).toBe('');
  expect(made.read('pids.max')).toBe('41');
  // Nobody has such an adapter here, and the kernel says so.
  const rdma = JSON.stringify({ pids: { limit: 42 }, rdma: { mlx9: { hcaHandles: 3 } } });
  expect(made.update(['--resources', '-'], rdma)).toContain('cannot set the limit rdma.max');
  expect(made.read('pids.max')).toBe('41');
});
