/** Every file of cgroup v2 that a config can set, as the kernel shows it afterwards: by tsrun-oci, in cgroupfs. */
import { spawnSync } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { updateLimits } from '../../src/cgroup/update.ts';
import type { OciResources } from '../../src/oci/resources.ts';
import { tsrunOci, tsrunOciPath } from '../oci/tsrun-oci.ts';
import { fixture } from '../support/fixture.ts';
import { makeHome, type TestHome } from '../support/home.ts';
import { requires } from '../support/requires.ts';

const test = requires('cgroup-v2-memory', 'cgroup-v2-io', 'cgroup-v2-cpuset', 'root');
let home: TestHome;
// Not at once: where all tests are skipped nothing would take it away again.
beforeAll(() => {
  home = makeHome();
});
afterAll(() => home[Symbol.dispose]());

let count = 0;

/** A created container; what the kernel shows in its group. Its command inherits what create has, so no pipes of ours. */
function create(resources: OciResources, cgroupsPath: string) {
  const id = `files-${count++}`;
  const bundle = join(home.path, id);
  mkdirSync(join(bundle, 'rootfs'), { recursive: true });
  spawnSync('tar', ['-xf', fixture('rootfs.tar'), '-C', join(bundle, 'rootfs')]);
  const config = {
    ociVersion: '1.0.2',
    root: { path: 'rootfs' },
    process: { args: ['sleep', '1000'], cwd: '/', user: { uid: 0, gid: 0 } },
    linux: { cgroupsPath, namespaces: [{ type: 'pid' }, { type: 'mount' }, { type: 'cgroup' }], resources },
  };
  writeFileSync(join(bundle, 'config.json'), JSON.stringify(config));
  const log = join(home.path, 'log');
  const output = openSync(log, 'w');
  const args = ['--root', home.state, 'create', '--bundle', bundle, id];
  const { status } = spawnSync(tsrunOciPath, args, { stdio: ['ignore', output, output] });
  closeSync(output);
  const said = readFileSync(log, 'utf8');
  const { pid = 0 } = status === 0 ? (JSON.parse(tsrunOci(home.state, ['state', id]).stdout) as { pid: number }) : {};
  const group = status === 0 ? (/^0::(.*)$/m.exec(readFileSync(`/proc/${pid}/cgroup`, 'latin1'))?.[1] ?? '') : '';
  const path = `/sys/fs/cgroup${group}`;
  return {
    status,
    said,
    group,
    path,
    read: (file: string) => readFileSync(join(path, file), 'latin1').trim(),
    [Symbol.dispose]: () => void tsrunOci(home.state, ['delete', '--force', id]),
  };
}

const disk = existsSync('/sys/block/vda/dev') ? readFileSync('/sys/block/vda/dev', 'latin1').trim() : '0:0';
const [major = 0, minor = 0] = disk.split(':').map(Number);

test('every limit of a config is in its file, and an update changes it', async () => {
  // One of the two may have a file for weights: BFQ is a module here.
  spawnSync('modprobe', ['bfq']);
  const before: OciResources = {
    memory: { limit: 67_108_864, swap: 100_663_296, reservation: 33_554_432 },
    cpu: { shares: 1024, quota: 50_000, period: 200_000, burst: 10_000, cpus: '0-1', mems: '0' },
    pids: { limit: 77 },
    blockIO: {
      weight: 500,
      throttleReadBpsDevice: [{ major, minor, rate: 1_048_576 }],
      throttleWriteIOPSDevice: [{ major, minor, rate: 100 }],
    },
    hugepageLimits: [{ pageSize: '2MB', limit: 4_194_304 }],
    unified: { 'memory.high': '50331648', 'memory.min': '1048576', 'memory.oom.group': '1' },
  };
  using made = create(before, '/tsrun-files/nested/one');
  expect({ status: made.status, said: made.said }).toEqual({ status: 0, said: '' });
  expect(made.group).toBe('/tsrun-files/nested/one');
  const files = (...names: readonly string[]) => Object.fromEntries(names.map((name) => [name, made.read(name)]));
  expect(
    files('memory.max', 'memory.swap.max', 'memory.low', 'memory.high', 'memory.min', 'memory.oom.group', 'pids.max'),
  ).toEqual({
    'memory.max': '67108864',
    'memory.swap.max': '33554432',
    'memory.low': '33554432',
    'memory.high': '50331648',
    'memory.min': '1048576',
    'memory.oom.group': '1',
    'pids.max': '77',
  });
  expect(files('cpu.max', 'cpu.max.burst', 'cpu.weight', 'cpuset.cpus', 'cpuset.mems')).toEqual({
    'cpu.max': '50000 200000',
    'cpu.max.burst': '10000',
    'cpu.weight': '100',
    'cpuset.cpus': '0-1',
    'cpuset.mems': '0',
  });
  expect(files('io.max', 'hugetlb.2MB.max', 'hugetlb.2MB.rsvd.max')).toEqual({
    'io.max': `${disk} rbps=1048576 wbps=max riops=max wiops=100`,
    'hugetlb.2MB.max': '4194304',
    'hugetlb.2MB.rsvd.max': '4194304',
  });
  const weights = readdirSync(made.path).filter((name) => /^io\.(bfq\.)?weight$/.test(name));
  expect(weights.length).toBeGreaterThan(0);
  for (const name of weights) expect(made.read(name)).toMatch(name === 'io.weight' ? /default 4950/ : /\b500$/m);

  const reference = { path: made.path, scope: null };
  const changes: OciResources = {
    memory: { limit: 33_554_432, swap: -1 },
    cpu: { quota: 5000, burst: 1000, cpus: '1' },
    pids: { limit: -1 },
    blockIO: { throttleReadBpsDevice: [{ major, minor, rate: 0 }] },
    unified: { 'memory.high': 'max' },
  };
  await updateLimits(reference, { before, changes }, 4096);
  expect(
    files('memory.max', 'memory.swap.max', 'memory.high', 'pids.max', 'cpu.max', 'cpu.max.burst', 'io.max'),
  ).toEqual({
    'memory.max': '33554432',
    'memory.swap.max': 'max',
    'memory.high': 'max',
    'pids.max': 'max',
    'cpu.max': '5000 200000',
    'cpu.max.burst': '1000',
    'io.max': `${disk} rbps=max wbps=max riops=max wiops=100`,
  });
  expect(made.read('cpuset.cpus')).toBe('1');
  // The last of these is refused: the first two are as they were.
  const refused = updateLimits(
    reference,
    { before, changes: { memory: { limit: 50_000_000 }, pids: { limit: 5 }, unified: { 'memory.low': 'much' } } },
    4096,
  );
  await expect(refused).rejects.toThrow('cannot set the limit memory.low to "much"');
  expect(files('memory.max', 'pids.max')).toEqual({ 'memory.max': '33554432', 'pids.max': 'max' });
});

test('an idle container has no weight, and gets one when it no longer is', async () => {
  using made = create({ cpu: { idle: 1 } }, 'tsrun-files-idle');
  expect({ status: made.status, said: made.said }).toEqual({ status: 0, said: '' });
  // A relative path is below tsrun's own directory.
  expect(made.group).toBe('/tsrun/tsrun-files-idle');
  expect([made.read('cpu.idle'), made.read('cpu.weight')]).toEqual(['1', '0']);
  await updateLimits(
    { path: made.path, scope: null },
    { before: { cpu: { idle: 1 } }, changes: { cpu: { idle: 0, shares: 1024 } } },
    4096,
  );
  expect([made.read('cpu.idle'), made.read('cpu.weight')]).toEqual(['0', '100']);
});

test('limits that the machine cannot have are refused by name', () => {
  using cpus = create({ cpu: { cpus: '63' } }, '');
  expect(cpus.status).not.toBe(0);
  expect(cpus.said).toContain('the CPUs that tsrun may use are 0-1');
  // There is no such adapter here: the kernel says so.
  using rdma = create({ rdma: { mlx9: { hcaHandles: 3 } } }, '');
  expect(rdma.status).not.toBe(0);
  expect(rdma.said).toContain('rdma.max');
});

test('a group that holds processes, or is frozen, takes no container', () => {
  const path = '/sys/fs/cgroup/tsrun-files-taken';
  mkdirSync(join(path, 'below'), { recursive: true });
  try {
    writeFileSync(join(path, 'cgroup.freeze'), '1');
    using frozen = create({}, '/tsrun-files-taken/below');
    expect(frozen.said).toContain('is frozen, and so would be the container');
    writeFileSync(join(path, 'cgroup.freeze'), '0');
    using first = create({}, '/tsrun-files-taken/below');
    expect(first).toMatchObject({ status: 0, said: '' });
    using second = create({}, '/tsrun-files-taken/below');
    expect(second.said).toContain('processes live in it');
  } finally {
    // The container's own goes with it, the one above stays.
    spawnSync('rmdir', [join(path, 'below')]);
    spawnSync('rmdir', [path]);
  }
});

afterAll(() => {
  // What a client names is the client's: tsrun takes away only the container's own group.
  spawnSync('rmdir', ['-p', 'tsrun-files/nested'], { cwd: '/sys/fs/cgroup' });
});
