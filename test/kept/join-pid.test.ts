/** The processes of another container: `--pid container:NAME`. */
import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { busybox, KeptHome } from '../support/kept.ts';
import { requires } from '../support/requires.ts';

let kept: KeptHome;
beforeAll(() => {
  kept = new KeptHome();
});
afterAll(() => kept.dispose());
const guest = (...args: readonly string[]) => kept.run('run', '-q', '--network', 'none', ...args);

describe('--pid container:NAME', () => {
  const test = requires('root');

  test('sees and signals the processes of the other, and has a root of its own', async () => {
    await kept.detached(
      'watched',
      'trap "echo heard" USR1; echo ready; while :; do sleep 0.05; done',
      '--hostname',
      'host',
    );
    await kept.untilLogged('watched', 'ready');
    const script =
      'tr "\\0" " " < /proc/1/cmdline; echo; kill -USR1 1; hostname; cat /proc/1/root/etc/hostname; touch /mine';
    const { stdout, stderr, exitCode } = await guest(
      '--rm',
      '--pid',
      'container:watched',
      '--hostname',
      'guest',
      '--cap-add',
      'SYS_PTRACE',
      busybox,
      'sh',
      '-c',
      script,
    );
    expect({ stdout, stderr, exitCode }).toEqual({
      stdout: expect.stringMatching(/^sh -c trap "echo heard".*\nguest\nhost\n$/),
      stderr: '',
      exitCode: 0,
    });
    await kept.untilLogged('watched', 'heard');
    expect((await kept.run('exec', 'watched', 'ls', '/mine')).exitCode).not.toBe(0);
    await kept.text('rm', '-f', 'watched');
  });

  test('ends alone with what it started, and with the other', async () => {
    await kept.detached('first', 'echo ready; exec sleep 1000');
    await kept.untilLogged('first', 'ready');
    await guest('--rm', '--pid', 'container:first', busybox, 'sh', '-c', 'sleep 999 & echo started');
    expect(await kept.text('exec', 'first', 'ps', '-o', 'args')).not.toContain('sleep 999');
    const second = kept.start(
      'run',
      '-q',
      '--network',
      'none',
      '--name',
      'second',
      '--pid',
      'container:first',
      busybox,
      'sh',
      '-c',
      'echo up; exec sleep 998',
    );
    await second.until('up');
    expect(await kept.inspect('second', '{{.HostConfig.PidMode}}')).toBe('container:first');
    await kept.text('kill', 'first');
    expect((await second.outcome).exitCode).toBe(137);
    const again = await kept.run('start', '-a', 'second');
    expect(again.stderr).toMatch(/cannot join the processes of .*first/);
    await kept.text('rm', 'first', 'second');
  });

  test('is printed by --dry-run=shell as a script that joins it too', async () => {
    await kept.detached('shown', 'echo ready; exec sleep 1000');
    await kept.untilLogged('shown', 'ready');
    const args = [
      '--rm',
      '-q',
      '--pid',
      'container:shown',
      '--network',
      'container:shown',
      busybox,
      'sh',
      '-c',
      'cat /proc/1/cmdline',
    ];
    const script = await kept.text('run', '--dry-run=shell', ...args);
    const { stdout, status } = spawnSync('sh', { input: script, encoding: 'utf8' });
    expect({ stdout, status }).toEqual({ stdout: 'sleep\0' + '1000\0', status: 0 });
    expect((await kept.run('run', '--explain', ...args)).stderr).toContain('that of the pid namespace it joined');
    await kept.text('rm', '-f', 'shown');
  });

  test('is refused while the other does not run, and where there is none', async () => {
    await kept.text('create', '-q', '--name', 'made', busybox, 'true');
    const refused = await guest('--rm', '--pid', 'container:made', busybox, 'true');
    expect(refused).toMatchObject({
      exitCode: 125,
      stderr: expect.stringMatching(/cannot join the processes of .*made/),
    });
    const nobody = await guest('--rm', '--pid', 'container:nobody', busybox, 'true');
    expect(nobody).toMatchObject({ exitCode: 125, stderr: expect.stringContaining('no such container: nobody') });
    await kept.text('rm', 'made');
  });
});

requires('rootless')('an ordinary user is told why not', async () => {
  const { stderr, exitCode } = await guest('--rm', '--pid', 'container:any', busybox, 'true');
  expect(exitCode).toBe(125);
  expect(stderr).toMatch(/cannot join the processes of somebody else\n.*user namespace/);
});
