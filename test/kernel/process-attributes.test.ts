import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect } from 'vitest';
import { stepError } from '../../src/container/step-error.ts';
import type { OciConfig, OciHooks, OciProcess } from '../../src/oci/config.ts';
import { makeHome } from '../support/home.ts';
import { planOf, runPlan, shellConfig, unpackRoot } from '../support/plan-launch.ts';
import { requires } from '../support/requires.ts';

const home = makeHome();
afterAll(() => home[Symbol.dispose]());
const test = requires();
const root = unpackRoot(home);

/** What a script prints in a container. */
async function printed(script: string, changes: Partial<OciProcess>, linux: OciConfig['linux'] = {}): Promise<string> {
  const base = shellConfig(script, { linux });
  const config = { ...base, process: { ...base.process, cwd: '/', user: { uid: 0, gid: 0 }, ...changes } };
  const launch = await runPlan(home, planOf(config, root));
  expect(launch.messages.filter(({ type }) => type === 'step-failed')).toEqual([]);
  return await launch.output;
}

describe('a command has', () => {
  test('the scheduling policy and nice value of its config', async () => {
    const stat = await printed('cat /proc/self/stat', { scheduler: { policy: 'SCHED_BATCH', nice: 7 } });
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    // proc_pid_stat(5): the fields after the name begin with the third.
    expect([fields[19 - 3], fields[41 - 3]]).toEqual(['7', '3']);
  });

  test('the I/O priority of its config', async () => {
    const text = await printed('ionice -p $$', { ioPriority: { class: 'IOPRIO_CLASS_IDLE', priority: 0 } });
    expect(text).toContain('idle');
  });

  // config.md#linux-process: "not applicable to the container's init process".
  test('all processors, whatever its config says of those of exec', async () => {
    const allowed = (text: string): string | undefined => /^Cpus_allowed_list:.*$/m.exec(text)?.[0];
    const text = await printed('cat /proc/self/status', { execCPUAffinity: { initial: '0', final: '0' } });
    expect(allowed(text)).toBe(allowed(readFileSync('/proc/self/status', 'utf8')));
  });

  test('the execution domain of its config', async () => {
    expect(await printed('uname -m', {}, { personality: { domain: 'LINUX32' } })).toMatch(/^(i686|armv8l)\n/);
  });

  test('the memory policy of its config', async () => {
    const text = await printed('cat /proc/self/numa_maps', {}, { memoryPolicy: { mode: 'MPOL_BIND', nodes: '0' } });
    expect(text).toContain('bind:0');
  });
});

describe('a hook inside', () => {
  const seen = join(home.path, 'seen');
  const script = (name: string, text: string): string => {
    const path = join(home.path, name);
    writeFileSync(path, `#!/bin/sh\n${text}\n`);
    chmodSync(path, 0o755);
    return path;
  };
  const withHooks = (hooks: OciHooks) => planOf(shellConfig('echo command', { hooks }), root);

  test('reads the state with its own view of the pid, with its own arguments and environment', async () => {
    const hook = {
      path: script('state', `cat >${seen}; echo " $0 $1 $A" >>${seen}`),
      args: ['zero', 'one'],
      env: ['A=b', 'PATH=/bin:/usr/bin'],
    };
    const launch = await runPlan(home, withHooks({ createContainer: [hook] }));
    expect(await launch.output).toBe('command\n');
    expect(readFileSync(seen, 'utf8')).toBe(`{"pid":1} ${hook.path} one b\n`);
  });

  test('of the start runs with the container’s root, before the command', async () => {
    const launch = await runPlan(
      home,
      withHooks({ startContainer: [{ path: '/bin/sh', args: ['sh', '-c', 'echo hook $$'] }] }),
    );
    expect(await launch.output).toMatch(/^hook \d+\ncommand\n$/);
  });

  test('need not read its input, and ends the container when it fails: the error says which', async () => {
    const plan = withHooks({
      startContainer: [{ path: '/bin/true' }, { path: '/bin/sh', args: ['sh', '-c', 'exit 3'] }],
    });
    const launch = await runPlan(home, plan);
    expect(await launch.output).toBe('');
    const error = stepError(plan, await launch.message('step-failed'));
    expect(error.why).toBe('startContainer hook 1 (/bin/sh) ended with status 3');
  });

  test('is killed when its time is over', async () => {
    const plan = withHooks({ startContainer: [{ path: '/bin/sleep', args: ['sleep', '1000'], timeout: 1 }] });
    const launch = await runPlan(home, plan);
    const error = stepError(plan, await launch.message('step-failed'));
    expect(error.why).toBe('startContainer hook 0 (/bin/sleep) was not done after 1 s');
  });

  test('that is not there is named', async () => {
    const plan = withHooks({ createContainer: [{ path: '/no/such/hook' }] });
    const launch = await runPlan(home, plan);
    const error = stepError(plan, await launch.message('step-failed'));
    expect(error.why).toContain('execve of the hook (/no/such/hook) failed: ENOENT');
    expect(existsSync('/no/such/hook')).toBe(false);
  });
});
