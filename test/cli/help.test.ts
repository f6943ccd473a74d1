import { spawnSync } from 'node:child_process';
import { afterAll, describe, expect, test } from 'vitest';
import { tsrunPath } from '../support/fixture.ts';
import { makeHome } from '../support/home.ts';
import { tsrun } from '../support/tsrun.ts';

const home = makeHome();
afterAll(() => home[Symbol.dispose]());
const run = (...args: string[]) => tsrun(args, { env: home.env });

describe('help', () => {
  test.each([[['--help']], [['-h']], [['help']], [[]]])('%j lists the commands on standard output', async (args) => {
    const { stdout, stderr, exitCode } = await run(...args);
    expect({ stderr, exitCode }).toEqual({ stderr: '', exitCode: 0 });
    for (const name of ['run', 'images', 'load', 'inspect', 'rmi', 'doctor', 'completion', 'version']) {
      expect(stdout).toMatch(new RegExp(`^  ${name} +\\S`, 'm'));
    }
  });

  test('help of run fits a screen of 55 lines and 110 columns, and says where the rest is', async () => {
    const { stdout, exitCode } = await run('run', '--help');
    const lines = stdout.trimEnd().split('\n');
    expect(exitCode).toBe(0);
    expect(lines.length).toBeLessThanOrEqual(55);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(110);
    expect(lines.at(-1)).toMatch(/^\d+ more: tsrun run --help-all$/);
  });

  test('the whole help of run has every flag of docker that tsrun takes', async () => {
    const { stdout } = await run('run', '--help-all');
    const flags = (
      'interactive tty detach rm name hostname env env-file workdir user group-add entrypoint init volume mount tmpfs read-only ' +
      'shm-size device privileged cap-add cap-drop security-opt ulimit sysctl memory memory-reservation memory-swap cpus cpu-shares ' +
      'cpu-quota cpu-period cpuset-cpus cpuset-mems pids-limit blkio-weight device-read-bps device-write-bps device-read-iops ' +
      'device-write-iops cgroup-conf cgroup-parent pid ipc uts userns cgroupns network stop-signal stop-timeout sig-proxy oom-score-adj ' +
      'add-host dns label annotation platform pull cidfile quiet dry-run explain without limits'
    ).split(' ');
    const missing = flags.filter((name) => !new RegExp(`--${name}[ =[]`).test(stdout));
    expect(missing).toEqual([]);
  });

  test.each([
    'images',
    'load',
    'inspect',
    'rmi',
    'doctor',
    'completion',
    'version',
    'run',
    'create',
    'ps',
    'exec',
    'logs',
  ])('help of %s is the same with help in front and --help behind', async (name) => {
    const [asked, flagged] = await Promise.all([run('help', name), run(name, '--help')]);
    expect(asked.stdout).toBe(flagged.stdout);
    expect(asked.stdout).toContain(`Usage: tsrun ${name}`);
    expect(asked.exitCode).toBe(0);
  });

  test('a reader that goes away early is no error', () => {
    const line = 'for i in 1 2 3; do "$0" run --help-all; done | true; echo "$PIPESTATUS"';
    const done = spawnSync('bash', ['-c', line, tsrunPath], { encoding: 'utf8', env: { ...process.env, ...home.env } });
    expect(done).toMatchObject({ stdout: '0\n', stderr: '' });
  });
});

describe('version', () => {
  test('--version is one line', async () => {
    const { stdout, exitCode } = await run('--version');
    expect(stdout).toMatch(/^tsrun \d+\.\d+\.\d+\n$/);
    expect(exitCode).toBe(0);
  });

  test('version names what a bug report needs, also as JSON', async () => {
    const text = await run('version');
    expect(text.stdout).toMatch(/^tsrun \d.*\n {2}node +v.*\n {2}kernel +\d.*\n {2}libseccomp +\d/);
    const json = await run('version', '--format', 'json');
    expect(JSON.parse(json.stdout)).toMatchObject({ node: process.version, architecture: process.arch });
  });
});
