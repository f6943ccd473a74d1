import { afterAll, describe, expect } from 'vitest';
import { fixture } from '../support/fixture.ts';
import { makeHome } from '../support/home.ts';
import { requires } from '../support/requires.ts';
import { startTsrun, tsrun } from '../support/tsrun.ts';

const home = makeHome();
afterAll(() => home[Symbol.dispose]());
const test = requires();
const busybox = fixture('busybox.tar');
const inside = (script: string, ...flags: readonly string[]) =>
  tsrun(['run', '--rm', ...flags, busybox, 'sh', '-c', script], { env: home.env });

/** The fields of /proc/PID/status, by name. */
const fields = (status: string): ReadonlyMap<string, string> =>
  new Map(status.split('\n').map((line) => [line.split(':')[0] ?? '', line.slice(line.indexOf(':') + 1).trim()]));

describe('PID 1', () => {
  test('is the command itself, a child of nobody', async () => {
    const { stdout } = await inside('echo $$; cat /proc/1/status; true');
    expect(stdout.split('\n')[0]).toBe('1');
    expect(fields(stdout).get('PPid')).toBe('0');
    expect(fields(stdout).get('Name')).toBe('sh');
  });

  test('starts with no signal blocked or ignored', async () => {
    // cat and not sh: a shell changes its own dispositions.
    const { stdout } = await tsrun(['run', '--rm', busybox, 'cat', '/proc/self/status'], { env: home.env });
    const status = fields(stdout);
    expect(status.get('SigBlk')).toBe('0000000000000000');
    expect(status.get('SigIgn')).toBe('0000000000000000');
    expect(status.get('SigCgt')).toBe('0000000000000000');
  });

  test('has descriptors 0, 1 and 2 and no other', async () => {
    const { stdout } = await inside('exec ls /proc/self/fd');
    // ls itself holds the directory it reads as 3.
    expect(stdout.trim().split('\n')).toEqual(['0', '1', '2', '3']);
  });

  test('leads a session of its own', async () => {
    const { stdout } = await inside('cut -d" " -f1,5,6 /proc/1/stat');
    expect(stdout).toBe('1 1 1\n');
  });

  test('sees only the processes of its container', async () => {
    const { stdout } = await inside('ls /proc | grep -c "^[0-9]"');
    expect(Number(stdout)).toBeLessThan(6);
  });

  test('has the hostname that docker gives: the first 12 digits of the id', async () => {
    const { stdout } = await inside('hostname; cat /etc/hostname');
    const [name, file] = stdout.trim().split('\n');
    expect(name).toMatch(/^[0-9a-f]{12}$/);
    expect(file).toBe(name);
  });

  test('has loopback up and no other interface', async () => {
    const { stdout } = await inside('ip -o link; ping -c1 -w60 127.0.0.1 >/dev/null && echo reached');
    expect(stdout).toMatch(/^1: lo: <LOOPBACK,UP/);
    expect(stdout.match(/^\d+: /gm)).toHaveLength(1);
    expect(stdout).toContain('reached');
  });
});

describe('--init', () => {
  test('keeps PID 1 and gives the command another number', async () => {
    const { stdout, exitCode } = await inside('echo $$; exit 7', '--init');
    expect(Number(stdout)).toBeGreaterThan(1);
    expect(exitCode).toBe(7);
  });

  test('reaps orphans', async () => {
    // The orphan's parent ends first; without a reaping PID 1 the orphan stays as a zombie.
    const script =
      '(sh -c "sleep 0.1 & echo \\$! > /tmp/orphan" ); read pid < /tmp/orphan; while [ -e /proc/$pid ]; do :; done; echo gone';
    const { stdout } = await inside(script, '--init');
    expect(stdout).toBe('gone\n');
  });

  test('forwards signals to the command', async () => {
    const running = startTsrun(
      [
        'run',
        '--rm',
        '--init',
        busybox,
        'sh',
        '-c',
        'trap "echo got; exit 5" TERM; echo ready; while :; do sleep 0.1; done',
      ],
      { env: home.env },
    );
    await running.until('ready');
    running.signal('SIGTERM');
    expect(await running.outcome).toMatchObject({ exitCode: 5, stdout: 'ready\ngot\n' });
  });

  test('says what it is in its command line, and nothing of the host', async () => {
    const { stdout } = await inside('tr "\\0" " " < /proc/1/cmdline; cat /proc/1/comm', '--init');
    expect(stdout).toMatch(/^tsrun-init init *tsrun-init\n$/);
  });
});
