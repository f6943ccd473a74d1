/** kill -9 of the monitor: its container ends with it, whoever init is by then (PR_SET_PDEATHSIG of prctl(2)). */
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect } from 'vitest';
import type { OciConfig } from '../../src/oci/config.ts';
import { makeHome } from '../support/home.ts';
import { PlanLaunch, planOf, shellConfig, unpackRoot } from '../support/plan-launch.ts';
import { requires } from '../support/requires.ts';

const home = makeHome();
afterAll(() => home[Symbol.dispose]());
const test = requires();
const root = unpackRoot(home);

const fieldsOf = (pid: number): readonly string[] => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return [];
  }
};
const isAlive = (pid: number): boolean => !['Z', 'X', undefined].includes(fieldsOf(pid)[0]);
const parentOf = (pid: number): number => Number(fieldsOf(pid)[1]);
const childrenOf = (pid: number): readonly number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').trim().split(' ').filter(Boolean).map(Number);

/** Killed by the kernel at once, but seen a moment later. */
async function untilGone(...pids: readonly number[]): Promise<void> {
  await expect.poll(() => pids.filter(isAlive), { timeout: 150_000 }).toEqual([]);
}

/** Without a pid namespace the end of PID 1 ends nobody else, and without a control group nobody else can. */
const withoutPid = (config: OciConfig): OciConfig => ({
  ...config,
  // A procfs would belong to the pid namespace, and only that one's owner may mount it.
  mounts: [],
  linux: { namespaces: (config.linux?.namespaces ?? []).filter(({ type }) => type !== 'pid') },
});

describe('when the monitor is killed', () => {
  test('the command ends', async () => {
    const launch = new PlanLaunch(home, planOf(withoutPid(shellConfig('exec sleep 1000')), root));
    const { pid } = await launch.message('started');
    process.kill(parentOf(pid), 'SIGKILL');
    await launch.closed;
    await untilGone(pid);
  });

  requires('subuid')('the command of another user ends', async () => {
    const config = withoutPid(shellConfig('exec sleep 1000'));
    const user = { uid: 1000, gid: 1000 };
    const process_ = { cwd: '/', ...config.process, user };
    const launch = new PlanLaunch(home, planOf({ ...config, process: process_ }, root));
    const { pid } = await launch.message('started');
    process.kill(parentOf(pid), 'SIGKILL');
    await launch.closed;
    await untilGone(pid);
  });

  test('the command behind a reaper ends with it', async () => {
    const plan = planOf(withoutPid(shellConfig('exec sleep 1000')), root, { pid1: 'reaper' });
    const launch = new PlanLaunch(home, plan);
    const { pid } = await launch.message('started');
    const [command = -1] = childrenOf(pid);
    process.kill(parentOf(pid), 'SIGKILL');
    await launch.closed;
    await untilGone(pid, command);
  });

  test('init ends while a hook runs, and so does the hook', async () => {
    const mark = join(home.path, 'hook-runs');
    const hook = join(home.path, 'hook');
    writeFileSync(hook, `#!/bin/sh\necho $$ > ${mark}.new; mv ${mark}.new ${mark}; exec sleep 1000\n`);
    chmodSync(hook, 0o755);
    const config = withoutPid(shellConfig('true', { hooks: { createContainer: [{ path: hook }] } }));
    const launch = new PlanLaunch(home, planOf(config, root));
    const { pid } = await launch.message('cloned');
    await expect.poll(() => existsSync(mark), { timeout: 150_000 }).toBe(true);
    const running = Number(readFileSync(mark, 'latin1'));
    expect(isAlive(running)).toBe(true);
    process.kill(parentOf(pid), 'SIGKILL');
    await launch.closed;
    await untilGone(pid, running);
  });
});
