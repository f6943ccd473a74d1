import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect } from 'vitest';
import { fixture } from '../support/fixture.ts';
import { makeHome } from '../support/home.ts';
import { requires } from '../support/requires.ts';
import { tsrun } from '../support/tsrun.ts';

const home = makeHome();
afterAll(() => home[Symbol.dispose]());
const test = requires();
const busybox = fixture('busybox.tar');
const run = (...args: readonly string[]) => tsrun(['run', ...args], { env: home.env });

describe('--explain', () => {
  test('tells every step with number, reason and time, and the container runs as without it', async () => {
    const { stdout, stderr, exitCode } = await run('--explain', '-q', busybox, 'sh', '-c', 'echo out; exit 3');
    expect(stdout).toBe('out\n');
    expect(exitCode).toBe(3);
    const headlines = stderr.split('\n').filter((line) => /^ ?\d+ {2}\S/.test(line));
    expect(headlines.map((line) => Number.parseInt(line, 10))).toEqual(headlines.map((_, index) => index + 1));
    // The filter and exec are not timed: init makes no call that the command would not be allowed.
    expect(
      headlines.filter((line) => !/ \d+[.]\d\d ms$/.test(line)).map((line) => line.replace(/^ ?\d+ +/, '')),
    ).toEqual(['install the system call filter', 'start sh']);
    expect(stderr.match(/^ {6}why: /gm)).toHaveLength(headlines.length);
    expect(stderr).toContain('change the root with pivot_root');
    expect(stderr).toMatch(/^ {4}\d+ steps; their calls took +\d+[.]\d\d ms$/m);
  });

  test('names the new process as both sides see it', async () => {
    const { stdout, stderr } = await run('--explain', busybox, 'sh', '-c', 'cat /proc/self/uid_map; echo pid $$');
    expect(stderr).toMatch(/the host sees it as process [1-9]\d*, the container sees 1$/m);
    const [, outside] = /^ +0 +(\d+)/m.exec(stdout) ?? [];
    expect(stderr).toContain(
      process.getuid?.() === 0
        ? 'user ids: the same inside and outside'
        : `user ids: root inside is ${outside} outside`,
    );
  });

  test('has said everything before the command says anything', async () => {
    for (let time = 0; time < 5; time++) {
      const { stderr } = await run('--explain', busybox, 'sh', '-c', 'echo the command speaks >&2');
      expect(stderr.trimEnd().split('\n').at(-1)).toBe('the command speaks');
    }
  });

  test('tells the steps up to the one that failed', async () => {
    const { stderr, exitCode } = await run('--explain', '-w', '/etc/passwd', busybox, 'true');
    expect(exitCode).not.toBe(0);
    expect(stderr).toContain('mount the root: overlay');
    expect(stderr).not.toContain('start true');
    expect(stderr.indexOf('tsrun: cannot')).toBeGreaterThan(stderr.indexOf('mount the root: overlay'));
  });

  test('works under a filter that allows no messages', async () => {
    const names = ['sendmsg', 'recvmsg', 'sendto', 'recvfrom', 'clock_gettime'];
    const profile = { defaultAction: 'SCMP_ACT_ALLOW', syscalls: [{ names, action: 'SCMP_ACT_KILL_PROCESS' }] };
    const path = join(home.path, 'strict.json');
    writeFileSync(path, JSON.stringify(profile));
    const { stdout, exitCode } = await run('--explain', '--security-opt', `seccomp=${path}`, busybox, 'echo', 'alive');
    expect({ stdout, exitCode }).toEqual({ stdout: 'alive\n', exitCode: 0 });
  });
});

describe('--explain=commands', () => {
  test('prints shell and nothing but shell', async () => {
    const { stdout, stderr } = await run('--explain=commands', '-q', busybox, 'echo', 'out');
    expect(stdout).toBe('out\n');
    expect(stderr).toContain('mount --make-rslave /\n');
    expect(stderr).toContain('mount -t proc ');
    expect(stderr).not.toContain('why:');
    expect(spawnSync('sh', ['-n'], { input: stderr, encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' });
  });
});
