/** Ids that overflow and words that look like ids, where a client or `exec` says who runs a process (CVE-2024-40635, CVE-2016-3697). */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeBundle, type TestBundle } from '../oci/bundle.ts';
import { makeHome } from '../support/home.ts';
import { requires } from '../support/requires.ts';

const home = makeHome();
afterAll(() => home[Symbol.dispose]());

const ids = 'echo $(id -u) $(id -g) $(id -G)';
let bundle: TestBundle;
beforeAll(() => {
  bundle = makeBundle(home.path);
  // Names that a careless reader would take for the ids that are asked for.
  const passwd = ['root:x:0:0:root:/root:/bin/sh', '4294967296:x:0:0::/:/bin/sh', '1000:x:0:0::/:/bin/sh', ''];
  writeFileSync(join(bundle.rootfs, 'etc', 'passwd'), passwd.join('\n'));
  bundle.configure((config) => {
    config.process.args = ['sleep', '1000'];
    config.process.env = ['PATH=/bin'];
  });
  expect(bundle.oci(['run', '--detach', 'c'])).toEqual({ stdout: '', stderr: '', status: 0 });
});
afterAll(() => void bundle.oci(['delete', '--force', 'c']));

/** Numbers of JSON as they are written, since JavaScript would write some of them in another way. */
const refusedInDocuments = [
  '-1',
  '-0.5',
  '1.5',
  '4294967295',
  '4294967296',
  '18446744073709551616',
  '1e400',
  '"0"',
  '"root"',
  'true',
  '[0]',
];

describe('an id of a document that is none is refused by its name', () => {
  const users = {
    uid: (id: string) => `{"uid":${id},"gid":0}`,
    gid: (id: string) => `{"uid":0,"gid":${id}}`,
    additionalGids: (id: string) => `{"uid":0,"gid":0,"additionalGids":[0,${id}]}`,
  };
  const withUser = (document: unknown, user: string): string => JSON.stringify(document).replace('"THE USER"', user);
  const process = { args: ['sh', '-c', ids], env: ['PATH=/bin'], cwd: '/', user: 'THE USER' };

  describe.each(Object.entries(users))('process.user.%s', (field, userWith) => {
    test.each(refusedInDocuments)('of config.json: %s', (id) => {
      const other = makeBundle(home.path);
      other.configure(() => {});
      const config = { ociVersion: '1.0.2', process, root: { path: 'rootfs' }, linux: { namespaces: [] } };
      writeFileSync(join(other.path, 'config.json'), withUser(config, userWith(id)));
      const refused = other.oci(['run', 'd']);
      expect(refused).toMatchObject({ stdout: '', status: 255 });
      expect(refused.stderr).toContain(`process.user.${field}`);
      expect(existsSync(other.root)).toBe(false);
    });

    test.each(refusedInDocuments)('of process.json: %s', (id) => {
      const file = join(bundle.path, 'process.json');
      writeFileSync(file, withUser(process, userWith(id)));
      const refused = bundle.oci(['exec', '--process', file, 'c']);
      expect(refused).toMatchObject({ stdout: '', status: 255 });
      expect(refused.stderr).toContain(`user.${field}`);
    });
  });
});

describe('exec --user', () => {
  test.each([
    '-1',
    '+1',
    '0x0',
    ' 0',
    '0 ',
    '1e3',
    '٣',
    '4294967295',
    '4294967296',
    '99999999999',
    '18446744073709551616',
    '0:-1',
    '0:4294967295',
    '0:4294967296',
    '0:0:0',
    '1:',
    ':1',
    '',
    'root',
    '../root',
    '0\n',
  ])('%j is refused', (user) => {
    const refused = bundle.oci(['exec', '--user', user, 'c', 'sh', '-c', ids]);
    expect(refused).toMatchObject({ stdout: '', status: 255 });
    expect(refused.stderr).toMatch(/user|gid/);
  });

  test.each(['-1', '4294967295', '4294967296', '0x0', 'root', ''])('and --additional-gids %j, too', (gid) => {
    const refused = bundle.oci(['exec', '--additional-gids', gid, 'c', 'sh', '-c', ids]);
    expect(refused).toMatchObject({ stdout: '', status: 255 });
    expect(refused.stderr).toMatch(/gid/i);
  });

  test('0 is root, with no group of the caller’s', () => {
    const { stdout } = bundle.oci(['exec', '--user', '0', 'c', 'sh', '-c', `${ids}; grep ^Groups /proc/self/status`]);
    // 0 is the one that an ordinary user's own is mapped to.
    expect(stdout).toMatch(/^0 0 0\nGroups:[\s0]*\n$/);
  });

  // One id is mapped in the container of an ordinary user's.
  requires('root')('a number is that id, whatever /etc/passwd calls by it', () => {
    const say = (...flags: readonly string[]): string => bundle.oci(['exec', ...flags, 'c', 'sh', '-c', ids]).stdout;
    expect(say('--user', '1000')).toBe('1000 0 0\n');
    expect(say('--user', '1000:1001', '--additional-gids', '7')).toBe('1000 1001 1001 7\n');
    expect(say('--user', '2147483648:4294967294')).toBe('2147483648 4294967294 4294967294\n');
  });

  requires('rootless')('an id that is not mapped is refused, not another', () => {
    const refused = bundle.oci(['exec', '--user', '1000', 'c', 'sh', '-c', ids]);
    expect(refused).toMatchObject({ stdout: '', status: 255 });
    expect(refused.stderr).toContain('1000');
  });
});
