/** The shared memory and message queues of another container: `--ipc shareable` and `--ipc container:NAME`. */
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { busybox, KeptHome } from '../support/kept.ts';
import { requires } from '../support/requires.ts';

let kept: KeptHome;
beforeAll(() => {
  kept = new KeptHome();
});
afterAll(() => kept.dispose());
const guest = (...args: readonly string[]) => kept.run('run', '-q', '--network', 'none', ...args);
const waiting = 'echo kept > /dev/shm/left; ln -s /etc /dev/shm/out; echo ready; exec sleep 1000';

describe('--ipc container:NAME', () => {
  const test = requires('root');

  test('has the same /dev/shm, the same namespace, and its own root', async () => {
    await kept.detached('donor', waiting, '--ipc', 'shareable', '--shm-size', '3m');
    await kept.untilLogged('donor', 'ready');
    const inside =
      'readlink /proc/self/ns/ipc; stat -f -c "%T %b" /dev/shm; grep /dev/shm /proc/self/mounts; grep -c /dev/mqueue /proc/self/mounts';
    const there = await kept.text('exec', 'donor', 'sh', '-c', inside);
    const here = await guest(
      '--rm',
      '--ipc',
      'container:donor',
      busybox,
      'sh',
      '-c',
      `${inside}; cat /dev/shm/left; echo back > /dev/shm/answer`,
    );
    expect(here).toMatchObject({ stdout: `${there}\nkept\n`, stderr: '', exitCode: 0 });
    expect(there).toMatch(/^ipc:\[\d+\]\ntmpfs 768\nshm \/dev\/shm tmpfs rw,nosuid,nodev,noexec,.*size=3072k.*\n1$/);
    expect(await kept.text('exec', 'donor', 'cat', '/dev/shm/answer')).toBe('back');
    const own = await guest('--rm', busybox, 'readlink', '/proc/self/ns/ipc');
    expect(there).not.toContain(own.stdout);
    expect(await kept.inspect('donor', '{{.HostConfig.IpcMode}}')).toBe('shareable');
  });

  test('passes on what it joined, lives on after the other, and joins anew at each start', async () => {
    await kept.detached('first', waiting, '--ipc', 'shareable');
    await kept.untilLogged('first', 'ready');
    await kept.detached('second', 'echo ready; exec sleep 1000', '--ipc', 'container:first');
    await kept.untilLogged('second', 'ready');
    expect(await kept.inspect('second', '{{.HostConfig.IpcMode}}')).toBe('container:first');
    await kept.text('kill', 'first');
    await kept.text('wait', 'first');
    const third = await guest('--rm', '--ipc', 'container:second', busybox, 'cat', '/dev/shm/left');
    expect(third).toMatchObject({ stdout: 'kept\n', stderr: '', exitCode: 0 });
    await kept.text('kill', 'second');
    await kept.text('wait', 'second');
    expect((await kept.run('start', 'second')).stderr).toMatch(/cannot join the shared memory of container "first"/);
    await kept.text('start', 'first');
    await kept.text('start', 'second');
    expect(await kept.text('exec', 'second', 'ls', '/dev/shm')).toBe('left\nout');
    await kept.text('rm', '-f', 'first', 'second');
  });

  test('is refused where the other keeps it for itself', async () => {
    await kept.detached('private', 'echo ready; exec sleep 1000');
    await kept.untilLogged('private', 'ready');
    expect(await guest('--rm', '--ipc', 'container:private', busybox, 'true')).toMatchObject({
      exitCode: 125,
      stderr: expect.stringMatching(/container "private"\n.*made with --ipc private.*\n.*--ipc shareable/),
    });
    await kept.text('rm', '-f', 'private');
  });

  test('gets nothing of the host when the other has put something else there', async () => {
    const script = 'umount /dev/shm && rmdir /dev/shm && ln -s /etc /dev/shm; echo ready; exec sleep 1000';
    await kept.detached('sly', script, '--ipc', 'shareable', '--privileged');
    await kept.untilLogged('sly', 'ready');
    await kept.text('exec', 'sly', 'touch', '/etc/of-the-sly');
    const { stdout } = await guest('--rm', '--ipc', 'container:sly', busybox, 'ls', '/dev/shm/');
    expect(stdout).toContain('of-the-sly');
    await kept.text('rm', '-f', 'sly');
  });

  test('is narrated, and a script says what it cannot do', async () => {
    await kept.detached('shown', waiting, '--ipc', 'shareable');
    await kept.untilLogged('shown', 'ready');
    const args = ['--rm', '-q', '--network', 'none', '--ipc', 'container:shown', busybox, 'cat', '/dev/shm/left'];
    const told = await kept.run('run', '--explain', ...args);
    expect(told).toMatchObject({ stdout: 'kept\n', exitCode: 0 });
    expect(told.stderr).toMatch(/\/dev\/shm, in the mount namespace \/proc\/\d+\/ns\/mnt/);
    const script = await kept.text('run', '--dry-run=shell', ...args);
    expect(script).toContain('# /dev/shm stays empty: no command can copy a mount out of another mount namespace');
    await kept.text('rm', '-f', 'shown');
  });
});

requires('rootless')('an ordinary user is told why not', async () => {
  const { stderr, exitCode } = await guest('--rm', '--ipc', 'container:any', busybox, 'true');
  expect(exitCode).toBe(125);
  expect(stderr).toMatch(/cannot join the shared memory of somebody else\n.*an ipc namespace/);
});
