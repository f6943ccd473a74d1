/** Files of an image that we read as root: links, FIFOs, devices, endless ones (CVE-2024-9676, CVE-2022-1227). */
import { afterAll, describe, expect } from 'vitest';
import { directory, type Entry, file, symlink } from '../../rootfs-fixtures/entry.ts';
import { archive, rawHeader } from '../../rootfs-fixtures/layers/raw-tar.ts';
import { makeHome } from '../support/home.ts';
import { requires } from '../support/requires.ts';
import { type Outcome, tsrun } from '../support/tsrun.ts';
import { plantCanary } from './canary.ts';
import { hostileImage } from './hostile-image.ts';

const home = makeHome();
afterAll(() => home[Symbol.dispose]());
const test = requires();
const canary = plantCanary(home);
const before = canary.fingerprint();

const runAs = (image: string, user: string): Promise<Outcome> =>
  tsrun(['run', '--rm', '--quiet', '-u', user, image, 'id', '-u'], { env: home.env });

/** The reason that an image's /etc/passwd is refused for; '' when it reads as empty. */
const planted: readonly (readonly [string, readonly Entry[], RegExp])[] = [
  [
    'a link to a file of the host',
    [symlink('etc/passwd', `${canary.path}/etc/passwd`)],
    /cannot find the user "canary"/,
  ],
  [
    'a relative link that climbs',
    [symlink('etc/passwd', `${'../'.repeat(12)}${canary.path.slice(1)}/etc/passwd`)],
    /cannot find the user "canary"/,
  ],
  [
    'a link through a directory of the host',
    [symlink('up', '/proc/1/root'), symlink('etc/passwd', `/up${canary.path}/etc/passwd`)],
    /cannot read \/etc\/passwd/,
  ],
  [
    'a link to our own root',
    [symlink('etc/passwd', `/proc/1/root${canary.path}/etc/passwd`)],
    /cannot read \/etc\/passwd/,
  ],
  ['a link to itself', [symlink('etc/passwd', 'passwd')], /a symbolic link that leads nowhere|too many/],
  ['the kernel’s messages', [symlink('etc/passwd', '/proc/kmsg')], /not a regular file/],
  ['our own environment', [symlink('etc/passwd', '/proc/1/environ')], /not a regular file/],
  ['the addresses of the kernel', [symlink('etc/passwd', '/proc/kallsyms')], /not a regular file/],
  ['a directory', [directory('etc/passwd')], /not a regular file/],
  ['two megabytes', [file('etc/passwd', Buffer.alloc(2 << 20, 'canary:x:0:0::/:/bin/sh\n'))], /larger than/],
];

describe('the user of an image is not read from', () => {
  for (const [what, entries, refusal] of planted) {
    test(what, async () => {
      const image = hostileImage(home, 'passwd', { without: ['etc/passwd'], layers: [entries] });
      const { stdout, stderr, exitCode } = await runAs(image, 'canary');
      expect({ stdout, exitCode }).toEqual({ stdout: '', exitCode: 125 });
      expect(stderr).toMatch(refusal);
      expect(stderr).not.toContain(canary.secret);
    });
  }

  test('a FIFO, which would make us wait for ever', async () => {
    const image = hostileImage(home, 'fifo', {
      without: ['etc/passwd'],
      rawLayer: archive(rawHeader({ name: 'etc/passwd', type: '6' })),
    });
    const { stderr, exitCode } = await runAs(image, 'canary');
    expect(exitCode).toBe(125);
    expect(stderr).toContain('not a regular file');
  });

  test('a huge group file', async () => {
    const image = hostileImage(home, 'group', {
      without: ['etc/group'],
      layers: [[file('etc/group', Buffer.alloc(2 << 20, 'g:x:1:alice\n'))]],
    });
    const { stderr, exitCode } = await runAs(image, 'alice');
    expect(exitCode).toBe(125);
    expect(stderr).toContain('cannot read /etc/group');
  });
});

describe('a device in the place of /etc/passwd', () => {
  // 240 is for local use, so nobody drives it: opening it would say ENXIO. A watchdog's would restart the machine.
  for (const [name, major, minor] of [
    ['zero', 1, 5],
    ['a device without a driver', 240, 77],
  ] as const) {
    requires('root')(`is not opened: ${name}`, async () => {
      const image = hostileImage(home, `device-${major}`, {
        without: ['etc/passwd'],
        rawLayer: archive(rawHeader({ name: 'etc/passwd', type: '3', major, minor })),
      });
      const { stderr, exitCode } = await runAs(image, 'canary');
      expect(exitCode).toBe(125);
      expect(stderr).toContain('not a regular file');
    });
  }
});

test('the host is as it was', () => {
  expect(canary.fingerprint()).toBe(before);
});
