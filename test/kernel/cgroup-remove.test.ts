import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect } from 'vitest';
import { removeCgroup } from '../../src/cgroup/remove.ts';
import { cgroupBase } from '../support/needs.ts';
import { requires } from '../support/requires.ts';

const base = cgroupBase();
const group = join('path' in base ? base.path : '/nowhere', `tsrun-test-${process.pid}`);
const test = requires('root', 'cgroup-v2');

afterEach(() => {
  if (existsSync(group)) rmdirSync(group);
});

test('an empty group is removed, and one that is gone is no error', async () => {
  mkdirSync(group);
  await removeCgroup(group);
  expect(existsSync(group)).toBe(false);
  await removeCgroup(group);
});

test('processes in the group and below it are killed first', async () => {
  mkdirSync(join(group, 'a', 'b'), { recursive: true });
  const outer = spawn('sleep', ['1000'], { stdio: 'ignore' });
  const inner = spawn('sleep', ['1000'], { stdio: 'ignore' });
  const ends = [once(outer, 'exit'), once(inner, 'exit')];
  writeFileSync(join(group, 'cgroup.procs'), `${outer.pid}`);
  writeFileSync(join(group, 'a', 'b', 'cgroup.procs'), `${inner.pid}`);
  await removeCgroup(group);
  expect(existsSync(group)).toBe(false);
  expect(await Promise.all(ends)).toEqual([
    [null, 'SIGKILL'],
    [null, 'SIGKILL'],
  ]);
});

test('what is no control group is refused with the reason', async () => {
  await expect(removeCgroup('/proc/self/fd')).rejects.toThrow('cannot remove the control group "/proc/self/fd"');
});
