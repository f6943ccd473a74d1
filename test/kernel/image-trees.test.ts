/** Which layer a file comes from, and how the files of two images differ. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { oldDockerArchive } from '../../rootfs-fixtures/docker-archive.ts';
import { directory, type Entry, file, symlink } from '../../rootfs-fixtures/entry.ts';
import { imageOf } from '../../rootfs-fixtures/image.ts';
import { tarOf } from '../../rootfs-fixtures/tar.ts';
import { fixture } from '../support/fixture.ts';
import { makeHome } from '../support/home.ts';
import { requires } from '../support/requires.ts';
import { type Outcome, tsrun } from '../support/tsrun.ts';

const home = makeHome();
const test = requires();
const run = (...args: readonly string[]): Promise<Outcome> => tsrun(args, { env: home.env });
async function text(...args: readonly string[]): Promise<string> {
  const outcome = await run(...args);
  expect(outcome).toMatchObject({ exitCode: 0, stderr: '' });
  return outcome.stdout.trimEnd();
}
async function load(reference: string, layers: readonly (readonly Entry[])[]): Promise<void> {
  const path = join(home.path, `${reference}.tar`);
  writeFileSync(path, tarOf(oldDockerArchive([imageOf({ reference: `${reference}:latest`, layers, config: {} })])));
  await text('load', '-qi', path);
}

const bottom: readonly Entry[] = [
  directory('etc'),
  file('etc/version', 'one\n'),
  file('etc/gone', 'x'),
  directory('srv'),
  directory('srv/cache'),
  file('srv/cache/old', 'x'),
  directory('usr'),
  directory('usr/lib'),
  file('usr/lib/release', 'r\n'),
  symlink('lib', 'usr/lib'),
  symlink('release', '/etc/../lib/release'),
  symlink('outside', '../../../../../etc/hostname'),
  symlink('round', 'round'),
  directory('closed', 0o700, 1000),
  file('closed/secret', 's', 0o4755),
  directory('turns'),
  file('turns/inner', 'x'),
];
const middle: readonly Entry[] = [
  file('etc/version', 'two\n', 0o600),
  file('etc/.wh.gone', ''),
  directory('srv/cache'),
  file('srv/cache/.wh..wh..opq', ''),
  file('srv/cache/new', 'y'),
  file('turns', 'a file now'),
];

beforeAll(async () => {
  await load('whence', [bottom, middle, [file('etc/version', 'three\n')]]);
});
afterAll(() => home[Symbol.dispose]());

const whence = (path: string, name = 'whence'): Promise<string> =>
  text('whence', '--format', '{{.Number}} {{.Path}} {{.Mode}} {{.Owner}} {{.Size}} {{.Status}}', name, path);

describe('whence', () => {
  test('tells every layer that has the path, which answers, and what each has', async () => {
    expect((await whence('/etc/version')).split('\n')).toEqual([
      '1 /etc/version -rw-r--r-- 0:0 4B hidden',
      '2 /etc/version -rw------- 0:0 4B hidden',
      '3 /etc/version -rw-r--r-- 0:0 6B answers',
    ]);
    expect((await whence('srv')).split('\n')).toEqual([
      '1 /srv drwxr-xr-x 0:0  merged',
      '2 /srv drwxr-xr-x 0:0  answers',
    ]);
    expect(await whence('/closed/secret')).toBe('1 /closed/secret -rwsr-xr-x 0:0 1B answers');
    expect(await whence('/closed')).toBe('1 /closed drwx------ 1000:1000  answers');
  });

  test('says what is not seen, why, and ends with status 1', async () => {
    const deleted = await run('whence', 'whence', '/etc/gone');
    expect(deleted.exitCode).toBe(1);
    expect(deleted.stdout).toMatch(/^\/etc\/gone: it is not seen\n/);
    expect(deleted.stdout).toMatch(/^1 .* hidden/m);
    expect(deleted.stdout).toMatch(/^2 .* deletes/m);

    const opaque = await run('whence', 'whence', '/srv/cache/old');
    expect(opaque.exitCode).toBe(1);
    expect(opaque.stdout).toContain('  layer 2 makes /srv/cache anew: nothing of the layers below it is seen in it\n');
    expect(opaque.stdout).toMatch(/^1 .* hidden/m);

    const replaced = await run('whence', 'whence', '/turns/inner');
    expect(replaced.exitCode).toBe(1);
    expect(replaced.stdout).toMatch(/^1 .* hidden/m);

    const none = await run('whence', 'whence', '/no/such');
    expect(none).toMatchObject({ exitCode: 1, stdout: '/no/such: no layer has it\n', stderr: '' });
  });

  test('follows links inside of the image, and shows each of the last part', async () => {
    expect((await whence('/release')).split('\n')).toEqual([
      '1 /release lrwxrwxrwx 0:0  answers',
      '1 /usr/lib/release -rw-r--r-- 0:0 2B answers',
    ]);
    expect(await whence('/lib/release')).toBe('1 /usr/lib/release -rw-r--r-- 0:0 2B answers');
    expect((await run('whence', 'whence', '/outside')).stdout).toContain('/etc/hostname: no layer has it');
    expect((await run('whence', 'whence', '/round')).stderr).toContain('as in a loop');
  });

  test('of a container has its own layer above, and what is mounted', async () => {
    mkdirSync(join(home.path, 'volume'));
    const bind = `${join(home.path, 'volume')}:/data`;
    const script = 'echo x >> /etc/passwd; rm /bin/ls';
    await text('run', '-q', '--name', 'changed', '-v', bind, fixture('busybox.tar'), 'sh', '-c', script);
    const rows = await text('whence', '--format', '{{.Layer}} {{.Status}}', 'changed', '/etc/passwd');
    expect(rows).toMatch(/^[0-9a-f]{12} hidden\ncontainer answers$/);
    const deleted = await run('whence', 'changed', '/bin/ls');
    expect(deleted.exitCode).toBe(1);
    expect(deleted.stdout).toMatch(/container .* deletes/);
    expect(await text('whence', '--format', '{{.Layer}} {{.CreatedBy}}', 'changed', '/data/file')).toContain(
      `mount bind ${join(home.path, 'volume')} at /data`,
    );
    await text('rm', 'changed');
  });

  test('of what is no image and no container is an error', async () => {
    const { exitCode, stderr } = await run('whence', 'nothing', '/');
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/^tsrun: cannot find the stored image "nothing"\n/);
  });
});

describe('image diff', () => {
  test('lists what was added, changed and deleted, with what differs', async () => {
    await load('before', [bottom]);
    const lines = (await text('image', 'diff', 'before', 'whence')).split('\n');
    expect(lines).toEqual([
      'D /etc/gone   1B',
      'C /etc/version   4B → 6B',
      'A /srv/cache/new   1B',
      'D /srv/cache/old   1B',
      'C /turns   directory → file',
      'D /turns/inner   1B',
      '1 added (1B), 2 changed, 3 deleted (3B)',
    ]);
  });

  test('compares modes, owners, links, and the bytes of files of one size; times when asked for', async () => {
    const entries = (content: string, mode: number, owner: number, target: string): readonly Entry[] => [
      file('content', content),
      file('mode', 'same', mode),
      directory('owner', 0o755, owner),
      symlink('target', target),
    ];
    await load('left', [entries('abcd', 0o644, 0, '/a')]);
    await load('right', [entries('abce', 0o2755, 7, '/b')]);
    expect((await text('image', 'diff', 'left', 'right')).split('\n').slice(0, -1)).toEqual([
      'C /content   contents',
      'C /mode   mode 0644 → 2755',
      'C /owner   owner 0:0 → 7:7',
      'C /target   target /a → /b',
    ]);
    expect(await text('image', 'diff', '--format', '{{.Path}}', 'left', 'left')).toBe('');
  });

  test('of one size in the same bytes is no difference, whatever layer they are in', async () => {
    await load('flat', [[directory('etc'), file('etc/a', 'a'), file('etc/b', 'b')]]);
    await load('stacked', [[directory('etc'), file('etc/a', 'other')], [file('etc/a', 'a')], [file('etc/b', 'b')]]);
    expect(await text('image', 'diff', 'flat', 'stacked')).toBe('0 added (0B), 0 changed, 0 deleted (0B)');
  });
});
