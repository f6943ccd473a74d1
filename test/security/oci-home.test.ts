/** HOME from an /etc/passwd that a bundle, or the container itself, has put there (CVE-2024-9676, CVE-2022-1227). */
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { makeBundle, type TestBundle } from '../oci/bundle.ts';
import { makeHome } from '../support/home.ts';
import { requires } from '../support/requires.ts';

const home = makeHome();
afterAll(() => home[Symbol.dispose]());

/** A file of the host's that would do, if it were read. */
const hosts = join(home.path, 'passwd-of-the-host');

const entry = (directory: string): string => `root:x:0:0:root:${directory}:/bin/sh\n`;
writeFileSync(hosts, entry('/of-the-host'));

/** A container that runs, of a bundle that has something of ours at /etc/passwd. */
function withPasswd(plant: (path: string) => void): TestBundle {
  const bundle = makeBundle(home.path);
  const path = join(bundle.rootfs, 'etc', 'passwd');
  rmSync(path);
  plant(path);
  bundle.configure((config) => {
    config.process.args = ['sh', '-c', 'echo "$HOME"; exec sleep 1000'];
    config.process.env = ['PATH=/bin'];
  });
  return bundle;
}

/** HOME of PID 1 and of a command of `exec`. */
function homes(plant: (path: string) => void): readonly string[] {
  const bundle = withPasswd(plant);
  const created = bundle.oci(['run', '--detach', 'c']);
  const { stdout, ...executed } = bundle.oci([
    'exec',
    'c',
    'sh',
    '-c',
    'echo "$HOME"; tr "\\0" "\\n" < /proc/1/environ',
  ]);
  bundle.oci(['delete', '--force', 'c']);
  expect([created.status, executed]).toEqual([0, { stderr: '', status: 0 }]);
  const [own = '', ...first] = stdout.trimEnd().split('\n');
  return [first.find((line) => line.startsWith('HOME='))?.slice(5) ?? 'none', own];
}

describe('is / where /etc/passwd is', () => {
  test.each([
    ['a link to a file of the host', (path: string) => symlinkSync(hosts, path)],
    ['a link that climbs', (path: string) => symlinkSync(`${'../'.repeat(12)}${hosts.slice(1)}`, path)],
    ['a link to the runtime’s own root', (path: string) => symlinkSync(`/proc/1/root${hosts}`, path)],
    ['a link to itself', (path: string) => symlinkSync('passwd', path)],
    ['a link to a file of the kernel', (path: string) => symlinkSync('/proc/self/environ', path)],
    ['a directory', (path: string) => mkdirSync(path)],
    ['a FIFO, which would make us wait for ever', (path: string) => spawnSync('mkfifo', [path])],
    ['two megabytes', (path: string) => writeFileSync(path, Buffer.alloc(2 << 20, entry('/large')))],
    ['missing', () => {}],
    ['without an entry of the user', (path: string) => writeFileSync(path, 'other:x:4294967296:0::/other:/bin/sh\n')],
  ])('%s', (_, plant) => {
    expect(homes(plant)).toEqual(['/', '/']);
  });

  requires('root')('a device that nobody drives', () => {
    expect(homes((path) => spawnSync('mknod', [path, 'c', '240', '77']))).toEqual(['/', '/']);
  });
});

describe('is / for an entry of', () => {
  test.each([
    ['nothing', ''],
    ['more than a path may have', `/${'a'.repeat(5000)}`],
    ['a NUL', '/root\0LD_PRELOAD=/evil'],
  ])('%s', (_, directory) => {
    expect(homes((path) => writeFileSync(path, entry(directory)))).toEqual(['/', '/']);
  });
});

describe('is one variable and no more, as it stands in the file', () => {
  test.each(['/home/jörg', '/$(id)`id`', '/a b', 'relative', '/../../..', '/x LD_PRELOAD=/evil', '/x=y'])(
    '%j',
    (directory) => {
      expect(homes((path) => writeFileSync(path, entry(directory)))).toEqual([directory, directory]);
    },
  );
});

test('a /etc/passwd that the container puts there later is read as strictly', () => {
  const bundle = withPasswd((path) => writeFileSync(path, entry('/first')));
  expect(bundle.oci(['run', '--detach', 'c']).status).toBe(0);
  const say = (): string => bundle.oci(['exec', 'c', 'sh', '-c', 'echo "$HOME"']).stdout;
  expect(say()).toBe('/first\n');
  const script = `rm /etc/passwd; busybox ln -s ${hosts} /etc/passwd`;
  expect(bundle.oci(['exec', 'c', 'sh', '-c', script]).status).toBe(0);
  expect(say()).toBe('/\n');
  expect(bundle.oci(['exec', 'c', 'sh', '-c', 'rm /etc/passwd; busybox mkfifo /etc/passwd']).status).toBe(0);
  expect(say()).toBe('/\n');
  bundle.oci(['delete', '--force', 'c']);
});
