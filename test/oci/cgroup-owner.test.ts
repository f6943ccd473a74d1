/** Whose the container's control group is: runtime-spec, config-linux.md#cgroup-ownership. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect } from 'vitest';
import { probeCgroupHost } from '../../src/cgroup/host.ts';
import { makeHome } from '../support/home.ts';
import { requires } from '../support/requires.ts';
import { type MutableConfig, makeBundle } from './bundle.ts';

const home = makeHome();
afterAll(() => home[Symbol.dispose]());
const test = requires('root', 'cgroup-v2');

const writable = { destination: '/sys/fs/cgroup', type: 'cgroup', source: 'cgroup' };

function delegated(config: MutableConfig): void {
  config.linux.namespaces = [...config.linux.namespaces.filter(({ type }) => type !== 'cgroup'), { type: 'cgroup' }];
  config.mounts = [...config.mounts.filter(({ destination }) => destination !== '/sys/fs/cgroup'), writable];
}

function inUserNamespace(config: MutableConfig): void {
  config.linux.namespaces.push({ type: 'user' });
  const ids = [{ containerID: 0, hostID: 100_000, size: 65_536 }];
  Object.assign(config.linux, { uidMappings: ids, gidMappings: ids });
}

/** Owners of the group and of its files while the container runs, and whether it can make groups of its own. */
function owners(change: (config: MutableConfig) => void) {
  const bundle = makeBundle(home.path);
  bundle.configure((config) => {
    Object.assign(config.process, { args: ['sleep', '1000'], env: ['PATH=/bin'] });
    change(config);
  });
  expect(bundle.oci(['run', '--detach', 'c'])).toEqual({ stdout: '', stderr: '', status: 0 });
  const { pid } = JSON.parse(bundle.oci(['state', 'c']).stdout) as { pid: number };
  const host = probeCgroupHost('root');
  const own = /^0::(.*)$/m.exec(readFileSync(`/proc/${pid}/cgroup`, 'utf8'))?.[1] ?? '';
  const group = join(host.type === 'available' ? host.mount : '', own);
  const uidOf = (name: string): number => statSync(join(group, name)).uid;
  const found = {
    group: uidOf('.'),
    handed: ['cgroup.procs', 'cgroup.threads', 'cgroup.subtree_control'].map(uidOf),
    kept: ['cgroup.freeze', 'cgroup.kill', 'cgroup.max.depth'].map(uidOf),
    makesGroups: bundle.oci(['exec', 'c', 'mkdir', '/sys/fs/cgroup/below']).status === 0,
  };
  expect(bundle.oci(['delete', '--force', 'c'])).toEqual({ stdout: '', stderr: '', status: 0 });
  expect(existsSync(group)).toBe(false);
  return found;
}

describe('a control group that is mounted writable in a namespace of its own', () => {
  test('belongs to root of the container, but for what limits it', () => {
    const found = owners((config) => {
      delegated(config);
      inUserNamespace(config);
    });
    const root = 100_000;
    expect(found).toEqual({ group: root, handed: [root, root, root], kept: [0, 0, 0], makesGroups: true });
  });

  test('belongs to the user of the process', () => {
    const found = owners((config) => {
      delegated(config);
      config.process.user = { uid: 1000, gid: 1000 };
    });
    expect(found).toEqual({ group: 1000, handed: [1000, 1000, 1000], kept: [0, 0, 0], makesGroups: true });
  });
});

describe('stays root’s', () => {
  const roots = { group: 0, handed: [0, 0, 0], kept: [0, 0, 0], makesGroups: false };
  test('where it is mounted read-only', () => {
    const found = owners((config) => {
      delegated(config);
      inUserNamespace(config);
      config.mounts = [...config.mounts.slice(0, -1), { ...writable, options: ['ro'] }];
    });
    expect(found).toEqual(roots);
  });

  test('without a cgroup namespace of its own', () => {
    const found = owners((config) => {
      delegated(config);
      inUserNamespace(config);
      config.linux.namespaces = config.linux.namespaces.filter(({ type }) => type !== 'cgroup');
    });
    expect(found).toEqual(roots);
  });
});
