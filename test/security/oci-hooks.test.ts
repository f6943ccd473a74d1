/** What a bundle's image and environment do to the host's processes: hooks, and tsrun-oci itself (NVIDIA CVE-2025-23266, CVE-2024-0132). */
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { makeBundle, type TestBundle } from '../oci/bundle.ts';
import { makeHome } from '../support/home.ts';

const home = makeHome();
afterAll(() => home[Symbol.dispose]());

const kinds = ['prestart', 'createRuntime', 'createContainer', 'startContainer', 'poststart', 'poststop'] as const;
/** Those that are executed in the host's files; `startContainer` in the container's. */
const onHost = kinds.filter((kind) => kind !== 'startContainer');

const mark = join(home.path, 'executed');
const given = ['PATH=/usr/bin:/bin', 'ONLY=this'];

/** Writes down what it was started with: environment, directory, descriptors. */
function recording(bundle: TestBundle, kind: (typeof kinds)[number]) {
  const to = kind === 'startContainer' ? '/records' : join(bundle.path, 'records');
  const script = `tr '\\0' '\\n' < /proc/self/environ > ${to}/${kind}.env; readlink /proc/self/cwd > ${to}/${kind}.cwd; ls /proc/self/fd > ${to}/${kind}.fd`;
  return [{ path: '/bin/sh', args: ['sh', '-c', script], env: given }];
}

function hostileBundle(): TestBundle {
  const bundle = makeBundle(home.path);
  const trojan = `#!/bin/sh\necho > ${mark}\n`;
  // Names that somebody might look up in the directory of the bundle or the root, or by the container's PATH.
  for (const name of ['newuidmap', 'newgidmap', 'node', 'tr', 'ls', 'tsrun-init', 'evil.so', 'evil.cjs']) {
    const text = name === 'evil.cjs' ? `require("node:fs").writeFileSync(${JSON.stringify(mark)}, "")` : trojan;
    for (const directory of [bundle.path, bundle.rootfs]) writeFileSync(join(directory, name), text, { mode: 0o755 });
  }
  mkdirSync(join(bundle.path, 'records'));
  // startContainer looks its programs up in the container.
  symlinkSync('busybox', join(bundle.rootfs, 'bin', 'tr'));
  bundle.configure((config) => {
    config.process.args = ['sleep', '1000'];
    config.process.env = [
      'PATH=/bin:/',
      `LD_PRELOAD=${bundle.rootfs}/evil.so`,
      `NODE_OPTIONS=--require=${bundle.rootfs}/evil.cjs`,
      'BASH_ENV=/evil',
      'TSRUN_ROOT=/evil',
    ];
    config.mounts.push({ destination: '/records', source: join(bundle.path, 'records'), options: ['bind', 'rw'] });
    config.hooks = Object.fromEntries(kinds.map((kind) => [kind, recording(bundle, kind)]));
  });
  return bundle;
}

test('hooks have the environment they were given, no descriptor of ours, and start outside of the root', () => {
  const bundle = hostileBundle();
  const caller = {
    env: { SECRET: 'of the caller', NODE_OPTIONS: '--no-warnings', LD_BIND_NOW: '1' },
    cwd: bundle.rootfs,
  };
  const call = (...args: readonly string[]) => bundle.oci(args, caller);
  expect(call('create', '--bundle', bundle.path, 'c')).toMatchObject({ stderr: '', status: 0 });
  expect(call('start', 'c')).toMatchObject({ stderr: '', status: 0 });
  expect(call('delete', '--force', 'c')).toMatchObject({ stderr: '', status: 0 });
  const record = (name: string): readonly string[] =>
    readFileSync(join(bundle.path, 'records', name), 'utf8')
      .trim()
      .split('\n');
  for (const kind of kinds) {
    expect([kind, ...record(`${kind}.env`)]).toEqual([kind, ...given]);
    // 3: the directory that ls reads.
    expect([kind, ...record(`${kind}.fd`)].filter((fd) => fd !== '3')).toEqual([kind, '0', '1', '2']);
  }
  // That one has the container's mounts already, and the host's root still.
  const directories = onHost.map((kind) => [kind, kind === 'createContainer' ? '/' : bundle.path]);
  expect(onHost.map((kind) => [kind, ...record(`${kind}.cwd`)])).toEqual(directories);
  expect(existsSync(mark)).toBe(false);
});
