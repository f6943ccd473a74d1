/** Flags of create and run that change how a container is made, and what depends on the kernel's build. */
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { compiled } from '../security/hostile-image.ts';
import { makeHome } from '../support/home.ts';
import { makeBundle, type TestBundle } from './bundle.ts';
import { tsrunOciPath } from './tsrun-oci.ts';

const home = makeHome();
afterAll(() => home[Symbol.dispose]());

function bundleFor(...args: string[]): TestBundle {
  const bundle = makeBundle(home.path);
  bundle.configure((config) => {
    config.process.args = args;
    config.process.env = ['PATH=/bin'];
  });
  return bundle;
}
const ok = { stderr: '', status: 0 };

describe('--no-pivot', () => {
  /** With pivot_root the root is the only mount at /; with chroot the old one is below it. */
  const script = 'grep -c " / / \\| /$" /proc/self/mountinfo; cat /etc/passwd | head -n 1; ls /../..';
  test('changes the root by chroot: the container sees the same', () => {
    const inside = bundleFor('sh', '-c', script);
    const pivoted = inside.oci(['run', 'c']);
    const chrooted = inside.oci(['run', '--no-pivot', 'c']);
    expect(pivoted).toMatchObject(ok);
    expect(chrooted).toMatchObject(ok);
    expect(chrooted.stdout.split('\n').slice(1)).toEqual(pivoted.stdout.split('\n').slice(1));
  });
});

describe('--no-new-keyring', () => {
  const keys = compiled(home, 'session-keys');
  /** What a program of the container finds in its session keyring, with a secret in the caller's. */
  function foundInside(...flags: string[]): string {
    const bundle = bundleFor('/bin/session-keys', 'find');
    copyFileSync(keys, join(bundle.rootfs, 'bin', 'session-keys'));
    const run = [tsrunOciPath, '--root', bundle.root, 'run', ...flags, '--bundle', bundle.path, 'c'];
    return spawnSync(keys, ['give', ...run], { encoding: 'utf8', timeout: 150_000 }).stdout;
  }
  test('leaves the container the caller’s session keyring, which is a new one otherwise', () => {
    expect(foundInside()).toBe('errno ENOKEY\n');
    expect(foundInside('--no-new-keyring')).toBe('found geheim\n');
  });
});

describe('tsrun create and run with --bundle', () => {
  test('are those of tsrun-oci', () => {
    const bundle = bundleFor('echo', 'from a bundle');
    const tsrun = join(import.meta.dirname, '..', '..', 'bin', 'tsrun');
    const ran = spawnSync(tsrun, ['--root', bundle.root, 'run', '--bundle', bundle.path, 'c'], { encoding: 'utf8' });
    expect(ran).toMatchObject({ stdout: 'from a bundle\n', ...ok });
    const created = spawnSync(tsrun, ['--root', bundle.root, 'create', '--bundle', bundle.path, 'c'], {
      stdio: 'ignore',
    });
    expect(created.status).toBe(0);
    const oci = (...args: string[]) =>
      spawnSync(tsrunOciPath, ['--root', join(bundle.root, 'oci'), ...args], { encoding: 'utf8' });
    expect(JSON.parse(oci('state', 'c').stdout)).toMatchObject({ id: 'c', status: 'created' });
    expect(oci('delete', '--force', 'c')).toMatchObject(ok);
  });
});

test('/dev/core is there where the kernel has /proc/kcore', () => {
  const found = bundleFor('sh', '-c', 'readlink /dev/core || echo none').oci(['run', 'c']);
  expect(found).toEqual({ ...ok, stdout: existsSync('/proc/kcore') ? '/proc/kcore\n' : 'none\n' });
});
