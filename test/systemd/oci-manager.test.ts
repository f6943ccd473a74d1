/** The systemd cgroup manager of tsrun-oci, as podman and containerd use it: a scope with properties, its files, an update. */
import { spawnSync } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect } from 'vitest';
import { cgroupStats } from '../../src/cgroup/stats/stats.ts';
import { updateLimits } from '../../src/cgroup/update.ts';
import type { OciResources } from '../../src/oci/resources.ts';
import { tsrunOci, tsrunOciPath } from '../oci/tsrun-oci.ts';
import { fixture } from '../support/fixture.ts';
import { makeHome } from '../support/home.ts';
import { requires } from '../support/requires.ts';
import { show, untilGone } from './accounts.ts';

const test = requires('systemd', 'root');
const home = makeHome();
afterAll(() => home[Symbol.dispose]());

/** A bundle whose command waits. */
function makeBundle(resources: OciResources): string {
  const bundle = join(home.path, 'bundle');
  mkdirSync(join(bundle, 'rootfs', 'proc'), { recursive: true });
  spawnSync('tar', ['-xf', fixture('rootfs.tar'), '-C', join(bundle, 'rootfs')]);
  const config = {
    ociVersion: '1.0.2',
    root: { path: 'rootfs' },
    process: { args: ['sleep', '1000'], cwd: '/', user: { uid: 0, gid: 0 }, env: ['PATH=/bin'] },
    mounts: [{ destination: '/proc', type: 'proc', source: 'proc' }],
    annotations: { 'org.systemd.property.TimeoutStopUSec': 'uint64 7000000' },
    linux: {
      cgroupsPath: 'vm-oci.slice:test:one',
      namespaces: [{ type: 'pid' }, { type: 'mount' }, { type: 'cgroup' }],
      resources,
    },
  };
  writeFileSync(join(bundle, 'config.json'), JSON.stringify(config));
  return bundle;
}

test('a container is a scope: properties, files, update, freeze and end', async () => {
  const before: OciResources = {
    memory: { limit: 67_108_864, swap: 67_108_864 },
    pids: { limit: 20 },
    cpu: { shares: 1024, quota: 25_000, period: 100_000, cpus: '0' },
  };
  const bundle = makeBundle(before);
  const oci = (...args: readonly string[]) => tsrunOci(home.state, args, { env: home.env });
  // The command inherits what create has: a pipe of ours would not end before it does.
  const log = join(home.path, 'log');
  const output = openSync(log, 'w');
  const { status } = spawnSync(
    tsrunOciPath,
    ['--root', home.state, '--systemd-cgroup', 'create', '--bundle', bundle, 'one'],
    { stdio: ['ignore', output, output] },
  );
  closeSync(output);
  expect({ status, said: readFileSync(log, 'utf8') }).toEqual({ status: 0, said: '' });
  const group = '/sys/fs/cgroup/vm.slice/vm-oci.slice/test-one.scope';
  const unit = 'test-one.scope';
  const read = (file: string): string => readFileSync(join(group, file), 'latin1').trim();
  const files = (): readonly string[] => ['memory.max', 'memory.swap.max', 'pids.max', 'cpu.max'].map(read);
  expect(files()).toEqual(['67108864', '0', '20', '25000 100000']);
  expect([read('cpu.weight'), read('cpuset.cpus')]).toEqual(['100', '0']);
  expect(
    show(
      unit,
      'Slice',
      'Delegate',
      'MemoryMax',
      'TasksMax',
      'CPUQuotaPerSecUSec',
      'CPUWeight',
      'AllowedCPUs',
      'TimeoutStopUSec',
      'CollectMode',
    ),
  ).toEqual({
    Slice: 'vm-oci.slice',
    Delegate: 'yes',
    MemoryMax: '67108864',
    TasksMax: '20',
    CPUQuotaPerSecUSec: '250ms',
    CPUWeight: '100',
    AllowedCPUs: '0',
    TimeoutStopUSec: '7s',
    CollectMode: 'inactive-or-failed',
  });
  // PID 1 alone: the monitor is gone.
  const { pid } = JSON.parse(oci('state', 'one').stdout) as { pid: number };
  expect(read('cgroup.procs')).toBe(String(pid));

  const reference = { path: group, scope: { bus: 'system', unit } } as const;
  const changes = { memory: { limit: 33_554_432, swap: 33_554_432 }, pids: { limit: 7 }, cpu: { quota: 12_345 } };
  await updateLimits(reference, { before, changes }, 4096);
  expect(files()).toEqual(['33554432', '0', '7', '12345 100000']);
  // And stay so when systemd writes everything again.
  spawnSync('systemctl', ['daemon-reload']);
  expect(show(unit, 'MemoryMax', 'TasksMax')).toEqual({ MemoryMax: '33554432', TasksMax: '7' });
  expect(files().slice(0, 3)).toEqual(['33554432', '0', '7']);
  await expect(
    updateLimits(
      reference,
      { before, changes: { memory: { limit: 50_000_000, swap: -1 }, unified: { 'cpu.max': 'no' } } },
      4096,
    ),
  ).rejects.toThrow('cpu.max');
  expect(files().slice(0, 3)).toEqual(['33554432', '0', '7']);

  expect(oci('start', 'one')).toMatchObject({ stderr: '', status: 0 });
  expect(cgroupStats(group)).toMatchObject({
    pids: { current: 1n, limit: 7n },
    memory: { usage: { limit: 33_554_432n } },
  });
  expect(oci('pause', 'one').status).toBe(0);
  expect(read('cgroup.events')).toContain('frozen 1');
  expect(oci('delete', '--force', 'one')).toMatchObject({ stderr: '', status: 0 });
  untilGone(unit);
  expect(existsSync(group)).toBe(false);
});
