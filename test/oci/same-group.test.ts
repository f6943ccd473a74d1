/** Containers of one id below two directories, and one group for two containers, one after the other. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterAll, describe, expect } from 'vitest';
import { probeCgroupHost } from '../../src/cgroup/host.ts';
import { makeHome } from '../support/home.ts';
import { requires } from '../support/requires.ts';
import { type MutableConfig, makeBundle } from './bundle.ts';
import { type OciOutcome, tsrunOci } from './tsrun-oci.ts';

const home = makeHome();
afterAll(() => home[Symbol.dispose]());
const test = requires('root', 'cgroup-v2');
const ok = { stdout: '', stderr: '', status: 0 };

/** One bundle, and two directories of containers, each of which may have a container "c". */
function twoRoots(change: (config: MutableConfig) => void) {
  const bundle = makeBundle(home.path);
  bundle.configure((config) => {
    config.process.args = ['sleep', '1000'];
    change(config);
  });
  const at =
    (name: string) =>
    (...args: readonly string[]): OciOutcome =>
      tsrunOci(join(bundle.path, name), args, { cwd: bundle.path });
  return { bundle, first: at('first'), second: at('second') };
}

type Oci = ReturnType<typeof twoRoots>['first'];
const stateOf = (oci: Oci) => JSON.parse(oci('state', 'c').stdout) as { pid: number; status: string };
const groupOf = (oci: Oci): string =>
  /^0::(.*)$/m.exec(readFileSync(`/proc/${stateOf(oci).pid}/cgroup`, 'utf8'))?.[1] ?? '';

const mountOfGroups = (): string => {
  const host = probeCgroupHost('root');
  return host.type === 'available' ? host.mount : '';
};

test('two of one id run side by side, each in a group of its own, when the config names none', () => {
  const { first, second } = twoRoots((config) => {
    delete config.linux.cgroupsPath;
  });
  for (const oci of [first, second]) expect(oci('run', '--detach', 'c')).toEqual(ok);
  expect(groupOf(first)).toMatch(/\/c-[0-9a-f]{12}$/);
  expect(groupOf(second)).not.toBe(groupOf(first));
  expect(second('delete', '--force', 'c')).toEqual(ok);
  expect(stateOf(first).status).toBe('running');
  expect(first('delete', '--force', 'c')).toEqual(ok);
});

/** The first has stopped and the second has its group: what is said to the first is not about the second. Gives the group. */
function leavesTheSecondAlone(change: (config: MutableConfig) => void): string {
  const { first, second } = twoRoots(change);
  expect(first('run', '--detach', 'c')).toEqual(ok);
  const group = groupOf(first);
  expect(first('kill', 'c', 'KILL')).toEqual(ok);
  while (stateOf(first).status !== 'stopped');
  expect(second('run', '--detach', 'c')).toEqual(ok);
  expect(groupOf(second)).toBe(group);
  expect(first('ps', '--format', 'json', 'c').stdout.trim()).toBe('[]');
  expect(first('kill', '--all', 'c', 'KILL')).toEqual(ok);
  expect(first('delete', 'c')).toEqual(ok);
  expect(stateOf(second).status).toBe('running');
  expect(second('delete', '--force', 'c')).toEqual(ok);
  return group;
}

test('of a stopped one, whose group another has since, ps, kill --all and delete leave that other alone', () => {
  leavesTheSecondAlone(() => {});
});

/**
 * The kernel does not end what PID 1 of a shared pid namespace leaves behind, so what is in the group may be the first one's. An
 * absolute path is used as it is found, a relative one is ours and made anew.
 */
describe.each(['absolute', 'relative'] as const)(
  'with a pid namespace that both share and one %s cgroupsPath',
  (kind) => {
    const sharing = (config: MutableConfig): void => {
      config.linux.namespaces = config.linux.namespaces.map((each) =>
        each.type === 'pid' ? { type: 'pid', path: `/proc/${process.pid}/ns/pid` } : each,
      );
      if (kind === 'absolute') config.linux.cgroupsPath = `/${basename(home.path)}-${config.linux.cgroupsPath}`;
    };

    test('of a stopped one, whose group another has since, ps, kill --all and delete leave that other alone', () => {
      const group = leavesTheSecondAlone(sharing);
      expect(existsSync(join(mountOfGroups(), group))).toBe(false);
    });

    test('what a stopped one left in the group is still listed, signalled and ended with it', () => {
      const { first } = twoRoots((config) => {
        sharing(config);
        config.process.args = ['sh', '-c', 'sleep 1000 & exec sleep 1000'];
      });
      expect(first('run', '--detach', 'c')).toEqual(ok);
      const group = groupOf(first);
      const pids = (): readonly number[] => JSON.parse(first('ps', '--format', 'json', 'c').stdout) as number[];
      while (pids().length < 2);
      expect(first('kill', 'c', 'TERM')).toEqual(ok);
      while (stateOf(first).status !== 'stopped');
      expect(pids()).toHaveLength(1);
      expect(first('delete', 'c')).toEqual(ok);
      expect(existsSync(join(mountOfGroups(), group))).toBe(false);
    });
  },
);

// Linux 6.14 compares how often the caller's group and this one were killed, and kills what it clones when they differ.
test('a group that a killed create left is made anew', async () => {
  const { bundle, first } = twoRoots(() => {});
  const host = probeCgroupHost('root');
  const group = join(host.type === 'available' ? host.base : '', basename(bundle.path));
  mkdirSync(group, { recursive: true });
  const left = spawn('sleep', ['1000']);
  const end = once(left, 'exit');
  writeFileSync(join(group, 'cgroup.procs'), String(left.pid));
  writeFileSync(join(group, 'cgroup.kill'), '1');
  await end;
  expect(first('run', '--detach', 'c')).toEqual(ok);
  expect(stateOf(first).status).toBe('running');
  expect(first('delete', '--force', 'c')).toEqual(ok);
});
