/** Containers in the foreground: they are seen, and without --rm they stay. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { busybox, KeptHome } from '../support/kept.ts';
import { requires } from '../support/requires.ts';
import { startOnTerminal } from '../support/tsrun.ts';

let kept: KeptHome;
beforeAll(() => {
  kept = new KeptHome();
});
afterAll(() => kept.dispose());
const test = requires();

const waiting = 'trap "exit 3" TERM; echo ready; while :; do sleep 0.05 & wait $!; done';

describe('a container in the foreground', () => {
  test('stays after its end, with its log, its status and its files', async () => {
    const first = await kept.run(
      'run',
      '-q',
      '--name',
      'stays',
      busybox,
      'sh',
      '-c',
      'echo one; echo two >&2; echo x >> /x; wc -l < /x; exit 5',
    );
    expect(first).toMatchObject({ stdout: 'one\n1\n', stderr: 'two\n', exitCode: 5 });
    expect(await kept.text('ps', '-a', '--filter', 'name=stays', '--format', '{{.Status}}')).toMatch(/^Exited \(5\)/);
    expect(await kept.run('logs', 'stays')).toMatchObject({ stdout: 'one\n1\n', stderr: 'two\n' });
    expect(await kept.run('start', '-a', 'stays')).toMatchObject({ stdout: 'one\n2\n', stderr: 'two\n', exitCode: 5 });
    expect((await kept.run('logs', 'stays')).stdout).toBe('one\n1\none\n2\n');
    await kept.text('rm', 'stays');
    expect(kept.entries('container-names')).not.toContain('stays');
  });

  test('with --rm is seen while it runs, and gone afterwards', async () => {
    const running = kept.start('run', '-q', '--rm', '--name', 'seen', busybox, 'sh', '-c', waiting);
    await running.until('ready');
    expect(await kept.text('ps', '--format', '{{.Names}} {{.State}}')).toContain('seen running');
    expect(await kept.text('exec', 'seen', 'cat', '/proc/1/comm')).toBe('sh');
    for (const verb of ['attach', 'logs']) {
      const { exitCode, stderr } = await kept.run(verb, 'seen');
      expect(exitCode).toBe(1);
      expect(stderr).toContain('straight to the command that started it');
    }
    await kept.text('stop', 'seen');
    expect((await running.outcome).exitCode).toBe(3);
    expect(kept.entries('containers')).toEqual([]);
    expect(kept.entries('container-names')).toEqual([]);
  });

  test('does not wait for the disk at its end when it goes with --rm, and does when it stays', async () => {
    const options = ['sh', '-c', 'grep " / " /proc/mounts; echo x > /x'];
    expect((await kept.run('run', '-q', '--rm', busybox, ...options)).stdout).toContain('volatile');
    expect(kept.entries('containers')).toEqual([]);
    expect((await kept.run('run', '-q', '--name', 'synced', busybox, ...options)).stdout).not.toContain('volatile');
    await kept.text('rm', 'synced');
  });

  test('dies with its command, and says so afterwards', async () => {
    const running = kept.start('run', '-q', '--name', 'killed', busybox, 'sh', '-c', waiting);
    await running.until('ready');
    const pid = await kept.inspect('killed', '{{.State.Pid}}');
    running.signal('SIGKILL');
    await running.outcome;
    expect(await kept.text('wait', 'killed')).toBe('137');
    expect(() => readFileSync(`/proc/${pid}/comm`)).toThrow();
    expect((await kept.run('logs', 'killed')).stdout).toBe('ready\n');
    await kept.text('rm', 'killed');
  });

  test('leaves nothing when its command cannot be started', async () => {
    expect((await kept.run('run', '-q', '--name', 'never', busybox, 'nosuch')).exitCode).toBe(127);
    expect(kept.entries('containers')).toEqual([]);
  });

  test('passes every byte on, as fast as it is read, and not faster', async () => {
    const digest = `yes 0123456789abcdef | head -c 40000000 | tee /copy; sha256sum /copy >&2`;
    const { stdout, stderr } = await kept.run('run', '-q', '--name', 'bytes', busybox, 'sh', '-c', `${digest}`);
    expect(stdout.length).toBe(40_000_000);
    const { createHash } = await import('node:crypto');
    expect(stderr.slice(0, 64)).toBe(createHash('sha256').update(stdout).digest('hex'));
    await kept.text('rm', 'bytes');
  });

  test('waits for a reader that does not read, and ends when the reader goes', async () => {
    const running = kept.start(
      'run',
      '-q',
      '--name',
      'reader',
      busybox,
      'sh',
      '-c',
      'yes > /dev/stdout; echo status $? >&2',
    );
    await running.until('y\ny\n');
    running.closeOutput();
    const { stderr } = await running.outcome;
    expect(stderr).toContain('status');
    await kept.text('rm', 'reader');
  });

  test('into a file is whole', async () => {
    const file = join(kept.home.path, 'file');
    const shell = kept.program(
      'sh',
      '-c',
      `"$0" run -q --name file '${busybox}' sh -c 'seq 100000; seq 3 >&2' > '${file}' 2>&1`,
    );
    expect((await shell.outcome).exitCode).toBe(0);
    const lines = readFileSync(file, 'utf8').split('\n');
    expect(lines).toHaveLength(100_004);
    expect(lines).toContain('100000');
    await kept.text('rm', 'file');
  });
});

describe('the detach keys', () => {
  test('leave a container of run -it running; attach comes back to it', async () => {
    const { env } = kept.home;
    const first = startOnTerminal(['run', '-it', '--name', 'keys', busybox, 'sh'], { env });
    await first.until('# ');
    first.write('a=left\n');
    await first.until(/left\r\n[\s\S]*# /);
    first.write('\x10\x11');
    const end = await first.outcome;
    expect(end.exitCode).toBe(0);
    expect(end.stdout).toContain('keys goes on without you');
    expect(await kept.text('ps', '--format', '{{.Names}} {{.State}}')).toBe('keys running');

    const second = startOnTerminal(['attach', 'keys'], { env, rows: 50, columns: 200 });
    second.write('echo "[$a] $(stty size)"\n');
    await second.until('[left] 50 200');
    second.resize(40, 100);
    second.write('while [ "$(stty size)" != "40 100" ]; do sleep 0.1; done; echo re""sized\n');
    await second.until('resized');
    second.write('exit 7\n');
    expect((await second.outcome).exitCode).toBe(7);
    expect(await kept.text('ps', '-a', '--filter', 'name=keys', '--format', '{{.Status}}')).toMatch(/^Exited \(7\)/);
    await kept.text('rm', 'keys');
  });

  test('are what --detach-keys says, and what only begins like them is typed', async () => {
    const { env } = kept.home;
    const running = startOnTerminal(
      [
        'run',
        '-it',
        '--rm',
        '--name',
        'other',
        '--detach-keys',
        'ctrl-a,d',
        busybox,
        'sh',
        '-c',
        'echo on; exec cat -v',
      ],
      { env },
    );
    await running.until('on');
    running.write('x\x01y\x10\n');
    await running.until('x^Ay^P\r\nx^Ay^P');
    running.write('\x01d');
    expect((await running.outcome).exitCode).toBe(0);
    // With --rm it goes at its own end, without a command of ours.
    await kept.text('kill', 'other');
    while (kept.entries('container-names').length > 0) await new Promise((resolve) => setImmediate(resolve));
  });

  test('leave a command of exec -it to itself', async () => {
    const { env } = kept.home;
    await kept.detached('host', waiting);
    const running = startOnTerminal(['exec', '-it', 'host', 'sh', '-c', 'echo on; read line; echo "$line" > /said'], {
      env,
    });
    await running.until('on');
    running.write('\x10\x11');
    expect((await running.outcome).exitCode).toBe(0);
    expect(await kept.text('exec', 'host', 'sh', '-c', 'ps | grep -c "[r]ead line"')).toBe('1');
    await kept.text('rm', '-f', 'host');
  });
});
