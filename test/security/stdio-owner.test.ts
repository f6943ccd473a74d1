/** What the host hands in as standard streams, and the mask it is called with: neither becomes the container's. */
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, closeSync, constants, openSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect } from 'vitest';
import { fixture, tsrunPath } from '../support/fixture.ts';
import { makeHome } from '../support/home.ts';
import { requires } from '../support/requires.ts';

const home = makeHome();
afterAll(() => home[Symbol.dispose]());
const test = requires();
const busybox = fixture('busybox.tar');
const env = { ...process.env, ...home.env };

test('a FIFO of the host keeps its owner, whoever the container’s user is', () => {
  const path = join(home.path, 'fifo');
  execFileSync('mkfifo', [path]);
  chmodSync(path, 0o600);
  const before = statSync(path);
  // Both ends: opening one alone would wait for the other.
  const fd = openSync(path, constants.O_RDWR);
  const run = ['run', '--rm', '--quiet', '-i', '-u', '1000:1000', busybox, 'true'];
  const { status } = spawnSync(tsrunPath, run, { env, stdio: [fd, 'ignore', 'ignore'] });
  closeSync(fd);
  expect(status).toBe(0);
  expect(statSync(path)).toMatchObject({ uid: before.uid, gid: before.gid, mode: before.mode });
});

test('a regular file of the host keeps its owner', () => {
  const path = join(home.path, 'file');
  const fd = openSync(path, 'w', 0o600);
  const { uid, gid, mode } = statSync(path);
  spawnSync(tsrunPath, ['run', '--rm', '--quiet', '-u', '1000:1000', busybox, 'echo', 'out'], {
    env,
    stdio: ['ignore', fd, 'ignore'],
  });
  closeSync(fd);
  expect(statSync(path)).toMatchObject({ uid, gid, mode, size: 4 });
});

for (const mask of ['000', '027', '077']) {
  test(`a caller’s umask of ${mask} changes nothing inside`, () => {
    const inside =
      'umask; stat -c "%a %n" / /dev /dev/null /dev/tty /etc/hosts /etc/resolv.conf /etc/hostname /made /made/dir /proc';
    const script = `umask ${mask}; exec "$@"`;
    const run = [
      tsrunPath,
      'run',
      '--rm',
      '--quiet',
      '--tmpfs',
      '/made/dir:mode=750',
      '-w',
      '/work/dir',
      busybox,
      'sh',
      '-c',
      inside,
    ];
    const { stdout } = spawnSync('sh', ['-c', script, 'sh', ...run], { env, encoding: 'utf8' });
    expect(stdout.split('\n')).toEqual([
      '0022',
      '755 /',
      '755 /dev',
      '666 /dev/null',
      '666 /dev/tty',
      '644 /etc/hosts',
      '644 /etc/resolv.conf',
      '644 /etc/hostname',
      '755 /made',
      '750 /made/dir',
      '555 /proc',
      '',
    ]);
  });
}
