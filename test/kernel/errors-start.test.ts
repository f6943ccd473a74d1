import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { busyboxRootfs } from '../../rootfs-fixtures/busybox.ts';
import { directory, file, symlink } from '../../rootfs-fixtures/entry.ts';
import { tarOf } from '../../rootfs-fixtures/tar.ts';
import type { RunOptions } from '../../src/container/request/run-options.ts';
import type { TsrunError } from '../../src/errors/tsrun-error.ts';
import { makeHome } from '../support/home.ts';
import { elf } from '../support/image-tree.ts';
import { requires } from '../support/requires.ts';
import { startError } from '../support/start-error.ts';

const home = makeHome();
afterAll(() => home[Symbol.dispose]());
const image = join(home.path, 'image.tar');

const own = process.arch === 'arm64' ? 183 : 62;
const program = (shape: Parameters<typeof elf>[0]): Buffer =>
  Buffer.from(elf({ machine: own, ...shape }).content ?? []);
const loader = '/lib/ld-nowhere.so.1';

beforeAll(() => {
  const entries = [
    ...busyboxRootfs(),
    directory('app'),
    file('app/foreign', program({ machine: own === 62 ? 183 : 62 }), 0o755),
    file('app/dynamic', program({ loader }), 0o755),
    file('app/windows.sh', '#!/bin/sh\r\n', 0o755),
    file('app/no-interpreter', '#!/usr/bin/python3\n', 0o755),
    file('app/plain', 'echo hello\n', 0o755),
    file('app/long', `#!/${'a'.repeat(300)}\n`, 0o755),
    file('app/empty', '', 0o755),
    file('app/not-executable', '#!/bin/sh\n', 0o644),
    symlink('app/dangling', '/nowhere/at-all'),
    symlink('app/loop', 'loop'),
    directory('app/closed', 0o700),
    file('app/closed/program', '#!/bin/sh\n', 0o755),
  ];
  writeFileSync(image, tarOf(entries));
});

const start = (options: RunOptions): Promise<TsrunError> => startError(home, image, options);
const command = (...words: readonly string[]): Promise<TsrunError> => start({ command: words });
/** Root, and an ordinary user with a range of ids: the launcher then sees other owners than the container. */
const both = requires('subuid');

describe('a command that is not there', () => {
  both('is reported in the words of docker, with the nearest name', async () => {
    const error = await command('slep', '1');
    expect(error.message).toBe('cannot start "slep": executable file not found in $PATH');
    expect(error.code).toBe('COMMAND_NOT_FOUND');
    expect(error.hint).toMatch(/"sleep"/);
  });
  both('with --init too', async () => {
    expect((await start({ command: ['slep'], init: true })).message).toContain('executable file not found in $PATH');
  });
  both('by its path is named with what is there', async () => {
    const error = await command('/app/loong');
    expect(error.message).toBe('cannot start "/app/loong": no such file or directory');
    expect(error.hint).toBe('did you mean "/app/long"?');
  });
});

/** The kernel's own verdict on each, which the unit tests only assume. */
const verdicts: readonly (readonly [string, string, RegExp])[] = [
  ['/app/dynamic', 'COMMAND_NOT_FOUND', /its loader "\/lib\/ld-nowhere\.so\.1" is not; the image has no C library/],
  ['/app/windows.sh', 'COMMAND_NOT_FOUND', /Windows line ends.*"\/bin\/sh\\r"/],
  ['/app/no-interpreter', 'COMMAND_NOT_FOUND', /the interpreter "\/usr\/bin\/python3" of its first line is not/],
  ['/app/dangling', 'COMMAND_NOT_FOUND', /symbolic link to "\/nowhere\/at-all"/],
  [
    '/app/foreign',
    'COMMAND_NOT_EXECUTABLE',
    own === 62 ? /for arm64, this machine is x86-64/ : /for x86-64, this machine is arm64/,
  ],
  ['/app/plain', 'COMMAND_NOT_EXECUTABLE', /a text without a "#!" line/],
  ['/app/long', 'COMMAND_NOT_EXECUTABLE', /does not end within 256 bytes/],
  ['/app/empty', 'COMMAND_NOT_EXECUTABLE', /an empty file/],
  ['/app/loop', 'COMMAND_NOT_EXECUTABLE', /leads in a circle/],
  ['/app', 'COMMAND_NOT_EXECUTABLE', /is a directory/],
  ['/app/not-executable', 'COMMAND_NOT_EXECUTABLE', /no execute permission \(-rw-r--r--, owner 0:0\)/],
];
describe('a file that cannot be executed is explained', () => {
  for (const [path, code, why] of verdicts) {
    both(`${path} as ${code}`, async () => {
      const error = await command(path);
      expect(error.why).toMatch(why);
      expect(error.code).toBe(code);
    });
  }
  both('below a directory that the user may not enter', async () => {
    const error = await start({ command: ['/app/closed/program'], user: '1000' });
    expect(error.why).toBe('uid 1000 may not enter the directory "/app/closed" (drwx------, owner 0:0)');
  });
  both('on a mount with noexec', async () => {
    const error = await start({ command: ['/app/empty'], tmpfs: ['/app:tmpcopyup'] });
    expect(error.why).toBe('"/app/empty" lies on a mount with the option noexec');
  });
  both('with an argument that is too long', async () => {
    const error = await command('/bin/true', 'x'.repeat(200_000));
    expect(error.message).toBe('cannot start "/bin/true": argument list too long');
    expect(error.why).toContain('argument 1 alone has 200000 bytes');
  });
});

describe('a working directory', () => {
  both('that the user may not enter is named with its mode', async () => {
    const error = await start({ command: ['true'], user: '1000', workdir: '/app/closed' });
    expect(error.message).toBe('cannot enter the working directory "/app/closed": permission denied');
    expect(error.why).toBe('uid 1000 may not enter "/app/closed" (drwx------, owner 0:0)');
    expect(error.code).toBe('COMMAND_NOT_EXECUTABLE');
  });
  both('that is a file is refused', async () => {
    const error = await start({ command: ['true'], workdir: '/etc/passwd' });
    expect(error.message).toBe('cannot use the working directory "/etc/passwd"');
    expect(error.why).toContain('not a directory');
  });
  both('that leads out of the container by an open descriptor is refused', async () => {
    for (const descriptor of [3, 5, 7, 9]) {
      const error = await start({ command: ['true'], workdir: `/proc/self/fd/${descriptor}` });
      expect(error.code).toBe('COMMAND_NOT_EXECUTABLE');
    }
  });
});

describe('steps before the start', () => {
  both('a directory bound onto a file says so', async () => {
    const error = await start({ command: ['true'], volumes: [`${home.path}:/etc/passwd`] });
    expect(error.message).toBe(`cannot bind "${home.path}" at "/etc/passwd"`);
    expect(error.hint).toContain('a directory onto a directory');
  });
  both('a file bound onto a directory says so', async () => {
    const error = await start({ command: ['true'], volumes: [`${image}:/app`] });
    expect(error.why).toContain('one is a file and the other a directory');
  });
  both('a mount point below a read-only volume says so', async () => {
    const volume = join(home.path, 'read-only');
    mkdirSync(volume, { recursive: true });
    const volumes = [`${volume}:/data:ro`, `${image}:/data/image.tar`];
    expect((await start({ command: ['true'], volumes })).why).toContain('EROFS (a mount above it is read-only');
  });
  both('an unknown kernel parameter says so', async () => {
    const error = await start({ command: ['true'], sysctls: { 'net.ipv4.ip_forwart': '1' } });
    expect(error.why).toBe('open failed: ENOENT (the kernel has no such parameter)');
  });
  requires('rootless', 'subuid')('a user beyond the mapped ids says so', async () => {
    const error = await start({ command: ['true'], user: '4000000' });
    expect(error.message).toBe('cannot become the user "4000000"');
    expect(error.why).toContain('not mapped in the container’s user namespace');
  });
  requires('rootless')('a volume that the user may not look at says so, and is not made', async () => {
    const closed = join(home.path, 'closed');
    mkdirSync(closed);
    chmodSync(closed, 0);
    const error = await start({ command: ['true'], volumes: [`${closed}/volume:/data`] });
    expect(error.message).toBe(`cannot bind "${closed}/volume"`);
    expect(error.why).toBe('looking at it on the host failed: EACCES (permission denied)');
  });
});

describe('a group', () => {
  both('that no id map has is named, with those that it has', async () => {
    const error = await start({ command: ['true'], userns: 'private', groupAdd: ['2000000000'] });
    expect(error.message).toBe('cannot give the user the group 2000000000');
    expect(error.why).toMatch(/^it is not mapped in the container's user namespace, which has 0/);
    expect(error.hint).toContain('/etc/subgid');
  });
});
