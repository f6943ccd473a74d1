import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect } from 'vitest';
import { hostileImage } from '../security/hostile-image.ts';
import { fixture, tsrunPath } from '../support/fixture.ts';
import { makeHome } from '../support/home.ts';
import { requires } from '../support/requires.ts';
import { startTsrun, tsrun } from '../support/tsrun.ts';

const home = makeHome();
afterAll(() => home[Symbol.dispose]());
const test = requires();
const busybox = fixture('busybox.tar');
const run = (...args: readonly string[]) => tsrun(['run', '--rm', ...args], { env: home.env });
const sh = (script: string, ...flags: readonly string[]) => run(...flags, busybox, 'sh', '-c', script);

describe('the exit status', () => {
  test('is passed on', async () => {
    for (const status of [0, 1, 42, 255]) expect((await sh(`exit ${status}`)).exitCode).toBe(status);
  });

  test('is 128 + n after a signal', async () => {
    // A child of PID 1: the kernel keeps fatal signals from PID 1 itself.
    expect((await sh('sh -c "kill -TERM \\$\\$"; exit $?')).exitCode).toBe(143);
  });

  test('is 127 for a command that is not there', async () => {
    const { exitCode, stderr } = await run(busybox, 'no-such-command');
    expect(exitCode).toBe(127);
    expect(stderr).toContain('executable file not found in $PATH');
  });

  test('is 126 for a command that cannot be executed', async () => {
    expect((await run(busybox, '/etc/passwd')).exitCode).toBe(126);
  });

  test('is 125 for our own failures', async () => {
    expect((await run('/no/such/image.tar', 'true')).exitCode).toBe(125);
  });
});

describe('standard streams', () => {
  test('output and error stay apart', async () => {
    const { stdout, stderr } = await sh('echo out; echo err >&2');
    expect(stdout).toBe('out\n');
    expect(stderr).toContain('err\n');
  });

  test('input comes in with -i and ends', async () => {
    const running = startTsrun(['run', '--rm', '-i', busybox, 'sh', '-c', 'cat; echo end'], { env: home.env });
    running.end('line\n');
    expect((await running.outcome).stdout).toBe('line\nend\n');
  });

  test('input is empty without -i', async () => {
    const running = startTsrun(['run', '--rm', busybox, 'cat'], { env: home.env });
    running.end('unseen');
    expect(await running.outcome).toMatchObject({ stdout: '', exitCode: 0 });
  });

  test('64 MiB of every byte value pass unchanged, in and out', async () => {
    const block = Buffer.from(Uint8Array.from({ length: 65536 }, (_, i) => (i * 7) & 0xff));
    const child = spawn(tsrunPath, ['run', '--rm', '-i', busybox, 'cat'], { env: { ...process.env, ...home.env } });
    const sent = createHash('sha256');
    const received = createHash('sha256');
    let size = 0;
    child.stdout.on('data', (chunk: Buffer) => {
      size += chunk.length;
      received.update(chunk);
    });
    child.stdin.on('error', () => {});
    const ended = new Promise((resolve) => child.once('close', resolve));
    for (let i = 0; i < 1024; i++) {
      sent.update(block);
      if (!child.stdin.write(block)) await new Promise((resolve) => child.stdin.once('drain', resolve));
    }
    child.stdin.end();
    expect(await ended).toBe(0);
    expect(size).toBe(64 * 1024 * 1024);
    expect(received.digest('hex')).toBe(sent.digest('hex'));
  });

  test('a container may open its output by name', async () => {
    expect((await sh('echo named > /dev/stdout; echo error > /dev/stderr')).stdout).toBe('named\n');
  });
});

describe('the environment', () => {
  test('holds what the image, we and -e say, and nothing of ours', async () => {
    const { stdout } = await run('-e', 'A=1', '-e', 'B=two words', busybox, 'env');
    const names = stdout
      .trim()
      .split('\n')
      .map((line) => line.split('=')[0]);
    expect(names.sort()).toEqual(['A', 'B', 'HOME', 'HOSTNAME', 'PATH']);
    expect(stdout).toContain('B=two words\n');
  });

  test('HOME follows the user', async () => {
    expect((await sh('echo $HOME')).stdout).toBe('/root\n');
  });
});

describe('the user and the directory', () => {
  test('-u takes a number and gives no groups', async () => {
    expect((await sh('id -u; id -g; id -G', '-u', '1234:4321')).stdout).toBe('1234\n4321\n4321\n');
  });

  test('-w makes a missing directory', async () => {
    expect((await sh('pwd', '-w', '/made/for/me')).stdout).toBe('/made/for/me\n');
  });

  test('an unknown user is named', async () => {
    const { stderr, exitCode } = await sh('true', '-u', 'nobody-like-this');
    expect(stderr).toContain('cannot find the user "nobody-like-this"');
    expect(exitCode).toBe(125);
  });
});

describe('volumes', () => {
  test('a bind shows the host directory and writes to it', async () => {
    const shared = join(home.path, 'shared');
    mkdirSync(shared, { recursive: true });
    writeFileSync(join(shared, 'in'), 'from the host\n');
    const { stdout } = await sh('cat /data/in; echo inside > /data/out', '-v', `${shared}:/data`);
    expect(stdout).toBe('from the host\n');
    expect(readFileSync(join(shared, 'out'), 'utf8')).toBe('inside\n');
  });

  test('a read-only bind cannot be written', async () => {
    const shared = join(home.path, 'read-only');
    mkdirSync(shared, { recursive: true });
    const { stderr, exitCode } = await sh('echo x > /data/file', '-v', `${shared}:/data:ro`);
    expect(exitCode).toBe(1);
    expect(stderr).toContain('Read-only file system');
  });

  requires('root')('shared and slave need a mount that passes something on', () => {
    const inMounts = (propagation: string, word: string) =>
      spawnSync(
        'unshare',
        [
          '-m',
          '--propagation',
          propagation,
          tsrunPath,
          'run',
          '-q',
          '-v',
          `${home.path}:/data:${word}`,
          busybox,
        ].concat(['grep', ' /data ', '/proc/self/mountinfo']),
        { env: { ...process.env, ...home.env }, encoding: 'utf8' },
      );
    expect(inMounts('shared', 'rshared').stdout).toMatch(/ shared:\d+ /);
    expect(inMounts('shared', 'rslave').stdout).toMatch(/ master:\d+ /);
    for (const word of ['shared', 'rslave']) {
      const { status, stderr } = inMounts('private', word);
      expect(status).toBe(125);
      expect(stderr).toContain('which is private: nothing goes from there or to there');
    }
  });

  test('a tmpfs has the size asked for', async () => {
    const { stdout } = await sh('df -k /t | tail -1 | awk "{print \\$2}"', '--tmpfs', '/t:size=1m');
    expect(stdout).toBe('1024\n');
  });

  test('--read-only makes the root read-only and leaves /dev/shm and tmpfs writable', async () => {
    const { stdout } = await sh(
      'touch /x 2>/dev/null || echo refused; touch /dev/shm/a /t/b && echo written',
      '--read-only',
      '--tmpfs',
      '/t',
    );
    expect(stdout).toBe('refused\nwritten\n');
  });
});

describe('a volume of the image', () => {
  const image = hostileImage(home, 'volumes', { config: { Volumes: { '/data': {}, '/srv/deep/er': {}, '/etc': {} } } });

  test('is a directory, also where the image has none', async () => {
    const { stdout } = await run(
      image,
      'sh',
      '-c',
      'cd /srv/deep/er && touch /data/file && stat -c "%a %u" /data /etc/passwd',
    );
    expect(stdout).toBe('755 0\n644 0\n');
  });

  test('is writable below a read-only root', async () => {
    const { stdout } = await run(
      '--read-only',
      image,
      'sh',
      '-c',
      'touch /data/file /srv/deep/er/file /etc/file && echo ok',
    );
    expect(stdout).toBe('ok\n');
  });

  test('below a directory of the host hides what is there, as in docker', async () => {
    const source = join(home.path, 'above');
    mkdirSync(join(source, 'deep', 'er'), { recursive: true });
    writeFileSync(join(source, 'deep', 'er', 'file'), '');
    const { stdout } = await run(
      '-v',
      `${source}:/srv`,
      image,
      'sh',
      '-c',
      'ls /srv/deep/er; touch /srv/deep/er/inside',
    );
    expect(stdout).toBe('');
    expect(readdirSync(join(source, 'deep', 'er'))).toEqual(['file']);
  });
});

describe('several runs', () => {
  test('do not see each other’s changes, nor change the image', async () => {
    await sh('touch /mine; rm /bin/ls');
    expect((await sh('ls /mine 2>&1; ls / >/dev/null && echo whole')).stdout).toContain('whole');
  });

  test('at once work too', async () => {
    const outcomes = await Promise.all([1, 2, 3, 4].map((n) => sh(`echo ${n}`)));
    expect(outcomes.map((outcome) => outcome.stdout)).toEqual(['1\n', '2\n', '3\n', '4\n']);
  });

  test('a name in use is refused while its container lives', async () => {
    const first = startTsrun(['run', '--rm', '-i', '--name', 'taken', busybox, 'sh', '-c', 'echo up; cat'], {
      env: home.env,
    });
    await first.until('up');
    const { stderr, exitCode } = await sh('true', '--name', 'taken');
    expect(stderr).toContain('"taken"');
    expect(exitCode).toBe(125);
    first.end();
    expect((await first.outcome).exitCode).toBe(0);
    expect((await sh('true', '--name', 'taken')).exitCode).toBe(0);
  });
});

describe('namespaces', () => {
  const asRoot = requires('root');

  asRoot('--userns private maps root to an id that is nobody on the host', async () => {
    const { stdout } = await sh(
      'id -u; cat /proc/self/uid_map; touch /made && stat -c %u /made',
      '--userns',
      'private',
    );
    expect(stdout).toMatch(/^0\n +0 +[1-9]\d{5,} +65536\n0\n$/);
  });

  asRoot('a bind works in a user namespace of root’s too', async () => {
    const shared = join(home.path, 'userns');
    mkdirSync(shared, { recursive: true, mode: 0o755 });
    writeFileSync(join(shared, 'file'), 'seen\n');
    expect((await sh('cat /data/file', '--userns', 'private', '-v', `${shared}:/data`)).stdout).toBe('seen\n');
  });

  test('--time-offset moves the clock that counts from the boot', async () => {
    const { stdout } = await sh('cut -d. -f1 /proc/uptime', '--time-offset', '1000000');
    expect(Number(stdout)).toBeGreaterThan(1_000_000);
  });

  test('--uts host and --network host show the host’s', async () => {
    const { stdout } = await sh('hostname; ls /sys/class/net | wc -l', '--uts', 'host', '--network', 'host');
    const [name, interfaces] = stdout.trim().split('\n');
    expect(name).toBe(readFileSync('/proc/sys/kernel/hostname', 'utf8').trim());
    expect(Number(interfaces)).toBe(readdirSync('/sys/class/net').length);
  });

  test('--sysctl sets what belongs to the container', async () => {
    expect((await sh('cat /proc/sys/net/ipv4/ip_forward', '--sysctl', 'net.ipv4.ip_forward=1')).stdout).toBe('1\n');
  });
});

describe('--cidfile', () => {
  test('holds the id, and is refused when it exists', async () => {
    const file = join(home.path, 'cid');
    expect((await sh('true', '--cidfile', file)).exitCode).toBe(0);
    expect(readFileSync(file, 'utf8')).toMatch(/^[0-9a-f]{64}$/);
    const second = await sh('true', '--cidfile', file);
    expect(second.exitCode).toBe(125);
    expect(second.stderr).toContain('the file exists already');
  });

  test('is not left behind by a container that does not start', async () => {
    const file = join(home.path, 'cid-of-none');
    expect((await run('--cidfile', file, busybox, 'no-such-command')).exitCode).toBe(127);
    expect(existsSync(file)).toBe(false);
  });
});
