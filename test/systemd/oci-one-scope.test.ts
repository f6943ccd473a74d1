/** Containers of tsrun-oci that are given one scope, one after the other: whose it is then, and that nothing of it is left. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect } from 'vitest';
import { type MutableConfig, makeBundle } from '../oci/bundle.ts';
import { type OciOutcome, tsrunOci } from '../oci/tsrun-oci.ts';
import { makeHome } from '../support/home.ts';
import { requires } from '../support/requires.ts';
import { show, untilGone } from './accounts.ts';

const test = requires('systemd', 'root');
const home = makeHome();
afterAll(() => home[Symbol.dispose]());
const ok = { stdout: '', stderr: '', status: 0 };
const unit = 'test-shared.scope';
const group = `/sys/fs/cgroup/vm.slice/vm-oci.slice/${unit}`;

type Oci = (...args: readonly string[]) => OciOutcome;
const stateOf = (oci: Oci) => JSON.parse(oci('state', 'c').stdout) as { pid: number; status: string };
const processesOf = (oci: Oci) => JSON.parse(oci('ps', '--format', 'json', 'c').stdout) as number[];
const untilStopped = (oci: Oci): void => {
  while (stateOf(oci).status !== 'stopped');
};

/** Two directories of containers, each of which may have a container "c", whose config names the one scope. */
function twoRoots(change: (config: MutableConfig) => void): readonly [Oci, Oci] {
  const bundle = makeBundle(home.path);
  bundle.configure((config) => {
    config.process.args = ['sleep', '1000'];
    config.linux.cgroupsPath = 'vm-oci.slice:test:shared';
    change(config);
  });
  const at =
    (name: string): Oci =>
    (...args) =>
      tsrunOci(join(bundle.path, name), ['--systemd-cgroup', ...args], { cwd: bundle.path });
  return [at('first'), at('second')];
}

const sharePids = (config: MutableConfig): void => {
  config.linux.namespaces = config.linux.namespaces.map((each) =>
    each.type === 'pid' ? { type: 'pid', path: `/proc/${process.pid}/ns/pid` } : each,
  );
};

function expectNothingLeft(): void {
  untilGone(unit);
  expect(existsSync(group)).toBe(false);
  expect(show(unit, 'LoadState', 'SubState')).toEqual({ LoadState: 'not-found', SubState: 'dead' });
}

describe.each([
  ['of its own', () => {}],
  ['of the caller', sharePids],
] as const)('with a pid namespace %s', (_, change) => {
  test('a second one is not let into the scope of the first, which goes on', () => {
    const [first, second] = twoRoots(change);
    expect(first('run', '--detach', 'c')).toEqual(ok);
    expect(readFileSync(`/proc/${stateOf(first).pid}/cgroup`, 'utf8')).toBe(
      `0::${group.slice('/sys/fs/cgroup'.length)}\n`,
    );
    const refused = second('run', '--detach', 'c');
    expect(refused.stderr).toContain(`processes live in it: ${stateOf(first).pid}`);
    expect(refused.status).not.toBe(0);
    expect(second('delete', '--force', 'c')).toEqual(ok);
    expect(stateOf(first).status).toBe('running');
    expect(first('delete', '--force', 'c')).toEqual(ok);
    expectNothingLeft();
  });

  test('of a stopped one, whose scope another has since, ps, kill --all and delete leave that other alone', () => {
    const [first, second] = twoRoots(change);
    expect(first('run', '--detach', 'c')).toEqual(ok);
    expect(first('kill', 'c', 'KILL')).toEqual(ok);
    untilStopped(first);
    // At once: systemd hears later than we that the scope is empty.
    expect(second('run', '--detach', 'c')).toEqual(ok);
    expect(processesOf(second)).toEqual([stateOf(second).pid]);
    expect(processesOf(first)).toEqual([]);
    expect(first('kill', '--all', 'c', 'KILL')).toEqual(ok);
    expect(first('delete', 'c')).toEqual(ok);
    expect(stateOf(second).status).toBe('running');
    expect(show(unit, 'ActiveState')).toEqual({ ActiveState: 'active' });
    expect(second('delete', '--force', 'c')).toEqual(ok);
    expectNothingLeft();
  });

  test('one is made again and again in the scope that its predecessor had', () => {
    const [oci] = twoRoots(change);
    for (let times = 0; times < 5; times += 1) {
      expect(oci('run', '--detach', 'c')).toEqual(ok);
      expect(oci('delete', '--force', 'c')).toEqual(ok);
    }
    expectNothingLeft();
  });
});

test('what one left in its scope is still listed, and ended with it', () => {
  const [first, second] = twoRoots((config) => {
    sharePids(config);
    config.process.args = ['sh', '-c', 'sleep 1000 & exec sleep 1000'];
  });
  expect(first('run', '--detach', 'c')).toEqual(ok);
  while (processesOf(first).length < 2);
  expect(first('kill', 'c', 'TERM')).toEqual(ok);
  untilStopped(first);
  const [left = 0, ...others] = processesOf(first);
  expect(others).toEqual([]);
  expect(second('run', '--detach', 'c').stderr).toContain(`processes live in it: ${left}`);
  expect(first('delete', 'c')).toEqual(ok);
  expectNothingLeft();
});

test('groups that the container made in its scope go with it', () => {
  const [oci] = twoRoots((config) => {
    const mounts = config.mounts.filter(({ destination }) => destination !== '/sys/fs/cgroup');
    config.mounts = [...mounts, { destination: '/sys/fs/cgroup', type: 'cgroup', source: 'cgroup' }];
    const namespaces = config.linux.namespaces.filter(({ type }) => type !== 'cgroup');
    config.linux.namespaces = [...namespaces, { type: 'cgroup' }];
    config.process.user = { uid: 1000, gid: 1000 };
  });
  expect(oci('run', '--detach', 'c')).toEqual(ok);
  expect(oci('exec', 'c', 'mkdir', '/sys/fs/cgroup/below', '/sys/fs/cgroup/below/it')).toEqual(ok);
  expect(statSync(join(group, 'below', 'it')).uid).toBe(1000);
  expect(oci('kill', 'c', 'KILL')).toEqual(ok);
  untilStopped(oci);
  expect(oci('delete', 'c')).toEqual(ok);
  expectNothingLeft();
});
