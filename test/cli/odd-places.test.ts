/** Files, names and directories that a shell easily makes, and nobody planned for. */
import { spawnSync } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect } from 'vitest';
import { fixture, tsrunPath } from '../support/fixture.ts';
import { makeHome } from '../support/home.ts';
import { requires } from '../support/requires.ts';
import { startTsrun, tsrun } from '../support/tsrun.ts';

const home = makeHome();
afterAll(() => home[Symbol.dispose]());
const test = requires();
const busyboxImage = fixture('busybox.tar');
const run = (...args: string[]) => tsrun(['run', '--rm', '--quiet', ...args], { env: home.env });

function fifo(name: string): string {
  const path = join(home.path, name);
  spawnSync('mkfifo', [path]);
  return path;
}

test('an image comes through a FIFO whose writer is late', async () => {
  const path = fifo('late');
  const running = startTsrun(['run', '--rm', '--quiet', path, 'echo', 'hello'], { env: home.env });
  running.end();
  const writer = spawnSync('sh', ['-c', 'cat "$0" > "$1"', busyboxImage, path]);
  expect(writer.status).toBe(0);
  expect(await running.outcome).toMatchObject({ stdout: 'hello\n', exitCode: 0 });
});

test('a FIFO that nobody writes to can be given up', async () => {
  const path = fifo('never');
  const running = startTsrun(['run', path, 'true'], { env: home.env });
  running.end();
  // Returns once tsrun has opened it to read.
  const silent = openSync(path, 'w');
  running.signal('SIGTERM');
  expect(await running.outcome).toMatchObject({
    exitCode: 130,
    stderr: expect.stringMatching(/^tsrun: .*(stopped|interrupted)/),
  });
  closeSync(silent);
});

test('a store below /proc is refused', async () => {
  const { exitCode, stderr } = await tsrun(['--store', '/proc/nowhere', 'run', busyboxImage, 'true']);
  expect(exitCode).not.toBe(0);
  expect(stderr).toMatch(/^tsrun: cannot .*\n {2}.*\n/);
});

test('a store or a state directory that is a file is the mistake of a line, not a fault of ours', async () => {
  for (const [flag, place, hint] of [
    ['--store', 'store', 'choose a directory with --store or TSRUN_STORE'],
    ['--root', 'state directory', 'choose another with --root or TSRUN_ROOT'],
  ] as const) {
    for (const file of [busyboxImage, join(busyboxImage, 'below')]) {
      const line = flag === '--store' ? ['run', busyboxImage, 'true'] : ['events', '--since', '1s'];
      const { exitCode, stderr } = await tsrun([flag, file, ...line], { env: home.env });
      expect(stderr).toMatch(
        new RegExp(`^tsrun: cannot (use|make|read) the ${place} ".*"\\n {2}E.*\\n {2}hint: ${hint}\\n$`),
      );
      expect(exitCode).toBe(flag === '--store' ? 125 : 1);
    }
  }
});

test('standard output without room is said to be that', () => {
  const { status, stderr } = spawnSync('sh', ['-c', '"$0" images > /dev/full', tsrunPath], {
    encoding: 'utf8',
    env: { ...process.env, ...home.env },
  });
  expect(stderr).toMatch(
    /^tsrun: cannot write to standard output\n {2}ENOSPC.*\n {2}hint: is there room where it goes\?\n$/,
  );
  expect(status).toBe(1);
});

test('a current directory that was removed is said', async () => {
  const gone = join(home.path, 'gone');
  mkdirSync(gone);
  const { status, stderr } = spawnSync(
    'sh',
    ['-c', 'cd "$0" && rmdir "$0" && exec "$@"', gone, tsrunPath, 'run', busyboxImage, 'true'],
    {
      encoding: 'utf8',
      env: { ...process.env, ...home.env },
    },
  );
  if (existsSync(gone)) rmdirSync(gone);
  expect(stderr).toBe(
    'tsrun: cannot find the current directory\n  it has been removed\n  hint: change to a directory that exists\n',
  );
  expect(status).toBe(125);
});

test('a failed run leaves no --cidfile, and the corrected one is not refused', async () => {
  const cidfile = join(home.path, 'cid');
  expect((await run('--cidfile', cidfile, join(home.path, 'nosuch.tar'))).exitCode).toBe(125);
  expect(existsSync(cidfile)).toBe(false);
  expect((await run('--cidfile', cidfile, busyboxImage, '/nonexistent')).exitCode).toBe(127);
  expect(existsSync(cidfile)).toBe(false);
  expect((await run('--cidfile', cidfile, busyboxImage, 'true')).exitCode).toBe(0);
  expect(existsSync(cidfile)).toBe(true);
});

test('an empty name and a file that is not stored get an error that fits', async () => {
  expect((await run('', 'true')).stderr).toContain('the name of the image is empty');
  const path = join(home.path, 'file.tar');
  writeFileSync(path, '');
  const { stderr } = await tsrun(['inspect', path], { env: home.env });
  expect(stderr).toContain(`store it first: tsrun load -i ${path}`);
});

test('a device under another name is that device', async () => {
  const { stdout, exitCode } = await run(
    '--device',
    '/dev/zero:/dev/nothing',
    busyboxImage,
    'sh',
    '-c',
    'ls -l /dev/nothing',
  );
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/^c.* 1, +5 /);
});

test('so it is in a user namespace', async () => {
  const { stdout, stderr } = await run(
    ...['--userns', 'private', '--device', '/dev/zero:/dev/nothing', busyboxImage],
    ...['sh', '-c', 'head -c 3 /dev/nothing | wc -c; ls -l /dev/nothing'],
  );
  expect(stderr).toBe('');
  expect(stdout).toMatch(/^3\nc.* 1, +5 /);
});

requires('rootless')('access that cannot be narrowed is said every time', async () => {
  for (const flags of [
    ['--device', '/dev/null:/dev/foo:r'],
    ['--device-cgroup-rule', 'c 1:3 r'],
  ]) {
    const { stderr } = await tsrun(['run', ...flags, busyboxImage, 'true'], { env: home.env });
    expect(stderr).toContain('device rules are not in force');
  }
});

test('the primary group is one of the supplementary groups', async () => {
  const { stdout } = await run('--user', '1000:1000', busyboxImage, 'grep', '^Groups', '/proc/self/status');
  expect(stdout.trim()).toBe('Groups:\t1000');
});
