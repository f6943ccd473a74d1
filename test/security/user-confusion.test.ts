/** Ids that overflow, names that look like ids, groups that are lost (CVE-2024-40635, CVE-2016-3697, CVE-2022-36109). */
import { afterAll, describe, expect } from 'vitest';
import { directory, file } from '../../rootfs-fixtures/entry.ts';
import { makeHome } from '../support/home.ts';
import { requires } from '../support/requires.ts';
import { tsrun } from '../support/tsrun.ts';
import { hostileImage } from './hostile-image.ts';

const home = makeHome();
afterAll(() => home[Symbol.dispose]());
const test = requires('subuid');

const passwd = `root:x:0:0:root:/root:/bin/sh
alice:x:1000:1000::/home/alice:/bin/sh
4000:x:1500:1500:digits for a name:/:/bin/sh
overflow:x:4294967296:0::/:/bin/sh
nobodyatall:x:4294967295:4294967295::/:/bin/sh
negative:x:-1:-1::/:/bin/sh
hex:x:0x0:0x0::/:/bin/sh
blank:x: 0:0::/:/bin/sh
toomany:x:1000:1000:a:b:c:d:e
jörg:x:1700:1700::/home/jörg:/bin/sh
short:x
:x:0:0::/:/bin/sh
`;
const group = `root:x:0:
audio:x:29:alice,bob
wheel:x:10:alice
6000:x:1600:
huge:x:99999999999:alice
negative:x:-1:alice
`;
const image = hostileImage(home, 'users', {
  without: ['etc/passwd', 'etc/group'],
  layers: [
    [
      file('etc/passwd', passwd),
      file('etc/group', group),
      directory('private', 0o700),
      directory('private/inner', 0o755),
      file('private/tool', '#!/bin/sh\necho ran\n', 0o755),
    ],
  ],
});
const run = (...args: readonly string[]) => tsrun(['run', '--rm', '--quiet', ...args], { env: home.env });
const ids = 'echo $(id -u) $(id -g) $(id -G)';

describe('--user', () => {
  const accepted: readonly (readonly [string, string])[] = [
    ['0', '0 0 0'],
    ['root', '0 0 0'],
    ['1', '1 0 0'],
    ['00', '0 0 0'],
    ['1000', '1000 1000 1000 10 29'],
    ['alice', '1000 1000 1000 10 29'],
    ['alice:audio', '1000 29 29'],
    ['1000:0', '1000 0 0'],
    // An empty half is as if it were not there, as in docker.
    ['1:', '1 0 0'],
    [':29', '0 29 29'],
    // A name wins over an id, as in docker.
    ['4000', '1500 1500 1500'],
    ['jörg', '1700 1700 1700'],
    ['1:6000', '1 1600 1600'],
  ];
  for (const [user, expected] of accepted) {
    test(`${JSON.stringify(user)} is ${expected}`, async () => {
      const { stdout } = await run('-u', user, image, 'sh', '-c', ids);
      expect(stdout).toBe(`${expected}\n`);
    });
  }

  const refused = [
    '-1',
    '+1',
    '0x0',
    ' 0',
    '0 ',
    '1e3',
    '٣',
    '2147483648',
    '4294967295',
    '4294967296',
    '99999999999',
    '18446744073709551616',
    '0:-1',
    '0:4294967295',
    '0:4294967296',
    '0:0:0',
    'overflow',
    'nobodyatall',
    'negative',
    'hex',
    'blank',
    'short',
    'root\n',
    '../root',
  ];
  for (const user of refused) {
    test(`${JSON.stringify(user)} is refused`, async () => {
      const { stdout, stderr, exitCode } = await run('-u', user, image, 'sh', '-c', ids);
      expect({ stdout, exitCode }).toEqual({ stdout: '', exitCode: 125 });
      expect(stderr).toMatch(/user|group/);
    });
  }
});

test('an image’s USER is taken the same way', async () => {
  for (const [user, outcome] of [
    ['alice', '1000 1000 1000 10 29\n'],
    ['4294967296', ''],
    ['-1', ''],
    ['0x0', ''],
  ] as const) {
    const other = hostileImage(home, 'image-user', {
      config: { User: user },
      without: ['etc/passwd', 'etc/group'],
      layers: [[file('etc/passwd', passwd), file('etc/group', group)]],
    });
    expect((await run(other, 'sh', '-c', ids)).stdout).toBe(outcome);
  }
});

test('groups of --group-add come on top, and are ids or names of the image', async () => {
  const { stdout } = await run('-u', 'alice', '--group-add', '6000', '--group-add', '777', image, 'sh', '-c', ids);
  expect(stdout).toBe('1000 1000 1000 10 29 777 1600\n');
  for (const bad of ['-1', '4294967295', 'huge', 'nosuchgroup'])
    expect((await run('--group-add', bad, image, 'true')).exitCode).toBe(125);
});

describe('a user that the image names has its own rights and no more', () => {
  for (const user of ['alice', '1000:1000']) {
    test(`${user} does not get into a directory of root’s, nor runs what lies there`, async () => {
      const inside = await run('-u', user, '-w', '/private/inner', image, 'pwd');
      expect({ stdout: inside.stdout, exitCode: inside.exitCode }).toEqual({ stdout: '', exitCode: 126 });
      expect(inside.stderr).toContain('permission denied');
      const tool = await run('-u', user, image, '/private/tool');
      expect({ stdout: tool.stdout, exitCode: tool.exitCode }).toEqual({ stdout: '', exitCode: 126 });
    });

    test(`${user} has no capabilities, and an empty inheritable set`, async () => {
      const { stdout } = await run('-u', user, image, 'grep', '^Cap', '/proc/self/status');
      const sets = Object.fromEntries(
        stdout
          .trim()
          .split('\n')
          .map((line) => line.split(':\t')),
      );
      expect(sets).toMatchObject({
        CapInh: '0'.repeat(16),
        CapPrm: '0'.repeat(16),
        CapEff: '0'.repeat(16),
        CapAmb: '0'.repeat(16),
      });
    });
  }
});

requires('root')('the caller’s own groups stay outside', async () => {
  const { stdout } = await run(image, 'sh', '-c', 'grep ^Groups /proc/self/status');
  expect(stdout.replace(/\s+/g, ' ').trim()).toMatch(/^Groups:( 0)?$/);
});
