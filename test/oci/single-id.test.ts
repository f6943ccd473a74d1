/** Inside a user namespace of a single id, as `unshare -Ur` makes it: setgroups(2) is denied there for good, user_namespaces(7). */
import { spawnSync } from 'node:child_process';
import { chownSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { exampleConfig } from '../../src/oci/example-config.ts';
import { fixture, repository } from '../support/fixture.ts';
import { makeHome } from '../support/home.ts';
import { requires } from '../support/requires.ts';
import { type MutableConfig, makeBundle, type TestBundle } from './bundle.ts';
import { tsrunOciPath } from './tsrun-oci.ts';

const home = makeHome();
afterAll(() => home[Symbol.dispose]());

/** A mount namespace too: below the host's, whose owner it is not, nobody there may open a tree of mounts. */
function inside(bundle: TestBundle, ...args: readonly string[]) {
  const { stdout, stderr, status } = spawnSync('unshare', ['-Urm', tsrunOciPath, '--root', bundle.root, ...args], {
    cwd: bundle.path,
    encoding: 'utf8',
  });
  return { stdout, stderr, status };
}

/** What `spec` writes for the namespaces that are asked for; ids that are not mapped left out. */
function bundleOf(userNamespace: 'its own' | 'the caller’s', change: (config: MutableConfig) => void): TestBundle {
  const bundle = makeBundle(home.path);
  bundle.configure((config) => {
    const ids = { type: 'rootless', uid: 0, gid: 0 } as const;
    const example = exampleConfig(userNamespace === 'its own' ? ids : { type: 'root' }) as unknown as MutableConfig;
    Object.assign(config, { mounts: example.mounts, linux: { ...example.linux, resources: {} } });
    for (const mount of config.mounts)
      mount['options'] = (mount['options'] as string[] | undefined)?.filter((option) => option !== 'gid=5');
    config.process.args = ['sh', '-c', 'id -G; cat /proc/self/setgroups'];
    change(config);
  });
  return bundle;
}

describe.each(['its own', 'the caller’s'] as const)('a container in %s user namespace', (userNamespace) => {
  test('runs, with no group but its own', () => {
    const bundle = bundleOf(userNamespace, () => {});
    expect(inside(bundle, 'run', 'c')).toEqual({ stdout: '0\ndeny\n', stderr: '', status: 0 });
  });

  test('runs without the groups that a client lists, and says which', () => {
    const bundle = bundleOf(userNamespace, (config) => {
      config.process.user['additionalGids'] = [0, 7, 10];
    });
    const { stdout, stderr, status } = inside(bundle, 'run', 'c');
    expect({ stdout, status }).toEqual({ stdout: '0\ndeny\n', status: 0 });
    expect(stderr).toBe(
      'tsrun-oci: process.user.additionalGids 7, 10: setgroups(2) is denied in the user namespace, where a single id is mapped\n',
    );
  });
});

requires('root')('run refuses --group-add where a single id is mapped, and says what to do', () => {
  // A user without subordinate ids.
  const stranger = 61_234;
  using own = makeHome();
  chownSync(own.path, stranger, stranger);
  const run = (...flags: readonly string[]) =>
    spawnSync(
      'setpriv',
      [
        ...[`--reuid=${stranger}`, `--regid=${stranger}`, '--clear-groups'],
        ...[join(repository, 'bin', 'tsrun'), 'run', '--rm', '--quiet', ...flags, fixture('busybox.tar'), 'id', '-G'],
      ],
      { encoding: 'utf8', env: { ...process.env, ...own.env } },
    );
  expect(run()).toMatchObject({ stdout: '0\n', stderr: '', status: 0 });
  const refused = run('--group-add', '7');
  expect(refused.status).toBe(125);
  expect(refused.stderr).toContain('cannot give the user the group 7\n  only one id is mapped');
  expect(refused.stderr).toContain('/etc/subgid');
});
