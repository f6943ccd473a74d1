/** The directory of containers as other users of the machine see it, and one that another user made (CVE-2021-41091, containerd CVE-2024-25621). */
import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { makeBundle } from '../oci/bundle.ts';
import { tsrunOciPath } from '../oci/tsrun-oci.ts';
import { makeHome } from '../support/home.ts';
import { requires } from '../support/requires.ts';

const home = makeHome();
afterAll(() => home[Symbol.dispose]());
const stranger = 61_235;

describe('a created container', () => {
  const bundle = makeBundle(home.path);
  afterAll(() => void bundle.oci(['delete', '--force', 'c']));
  const directory = join(bundle.root, 'c');

  test('is in directories and files for its user alone, whatever the umask', () => {
    bundle.configure((config) => {
      config.process.args = ['sleep', '1000'];
    });
    const create = `umask 0; exec "$0" --root "$1" create c > /dev/null 2>&1`;
    const { status } = spawnSync('sh', ['-c', create, tsrunOciPath, bundle.root], {
      cwd: bundle.path,
      stdio: 'ignore',
    });
    expect(status).toBe(0);
    for (const path of [bundle.root, directory, ...readdirSync(directory).map((name) => join(directory, name))]) {
      // The right to connect to the socket is that to enter its directory.
      if (!path.endsWith('.sock')) expect([path, statSync(path).mode & 0o077]).toEqual([path, 0]);
    }
  });

  requires('root', 'program-setpriv')('is nothing that another user can read, start, signal or delete', () => {
    for (const path of [home.path, bundle.path]) chmodSync(path, 0o755);
    const as = ['--reuid', `${stranger}`, '--regid', `${stranger}`, '--clear-groups'];
    const call = (...args: readonly string[]) =>
      spawnSync('setpriv', [...as, tsrunOciPath, '--root', bundle.root, ...args], { encoding: 'utf8' });
    for (const args of [
      ['state', 'c'],
      ['start', 'c'],
      ['kill', 'c', 'KILL'],
      ['delete', '--force', 'c'],
      ['exec', 'c', 'true'],
    ]) {
      const { stdout, status } = call(...args);
      expect([args, stdout, status === 0]).toEqual([args, '', false]);
    }
    expect(JSON.parse(bundle.oci(['state', 'c']).stdout)).toMatchObject({ status: 'created' });
  });

  test('listens on no socket that a path does not protect', () => {
    const abstract = readFileSync('/proc/net/unix', 'utf8')
      .split('\n')
      .filter((line) => / @.*(tsrun|start\.sock)/.test(line));
    expect(abstract).toEqual([]);
  });
});

/** Somebody knew where an ordinary user's containers would be, and was first. */
requires('root', 'program-setpriv')(
  'a directory that another user has made beforehand is not used, and its states are not believed',
  () => {
    const victim = spawnSync('sleep', ['0']);
    expect(victim.status).toBe(0);
    const bundle = makeBundle(home.path);
    bundle.configure(() => {});
    chmodSync(home.path, 0o755);
    chmodSync(bundle.path, 0o755);
    const root = join(bundle.path, 'foreign', 'oci');
    mkdirSync(join(root, 'c'), { recursive: true });
    writeFileSync(
      join(root, 'c', 'state'),
      readFileSync(join(import.meta.dirname, '../oci/state-files/good/annotations'), 'utf8'),
    );
    for (const path of [join(bundle.path, 'foreign'), root, join(root, 'c'), join(root, 'c', 'state')]) {
      chownSync(path, stranger, stranger);
      chmodSync(path, 0o777);
    }
    const as = ['--reuid=61236', '--regid=61236', '--clear-groups'];
    for (const args of [
      ['create', 'd'],
      ['create', 'c'],
      ['state', 'c'],
      ['kill', 'c', 'KILL'],
      ['delete', '--force', 'c'],
      ['ps', 'c'],
    ]) {
      const { stdout, stderr, status } = spawnSync('setpriv', [...as, tsrunOciPath, '--root', root, ...args], {
        encoding: 'utf8',
        cwd: bundle.path,
      });
      expect([args, stdout, status]).toEqual([args, '', 1]);
      expect(stderr).toContain(`belongs to another user, ${stranger}`);
    }
    expect(readdirSync(root)).toEqual(['c']);
  },
);
