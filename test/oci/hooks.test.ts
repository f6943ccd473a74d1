import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { makeHome } from '../support/home.ts';
import { makeBundle, type TestBundle } from './bundle.ts';

const home = makeHome();
afterAll(() => home[Symbol.dispose]());

/** A container with these hooks; `$D` in a script is a directory for its results. */
function bundleWith(hooks: Record<string, string[]>): TestBundle {
  const bundle = makeBundle(home.path);
  bundle.configure((config) => {
    config.process.args = ['sleep', '1000'];
    config.annotations = { who: 'test' };
    config.hooks = Object.fromEntries(
      Object.entries(hooks).map(([kind, scripts]) => [
        kind,
        scripts.map((script) => ({
          path: '/bin/sh',
          args: ['a-name-of-its-own', '-c', script],
          env: [`D=${bundle.path}`, 'PATH=/usr/bin:/bin'],
          timeout: 100,
        })),
      ]),
    );
  });
  return bundle;
}

const result = (bundle: TestBundle, name: string): string => readFileSync(join(bundle.path, name), 'utf8');

test('hooks read the state with the status of their moment, and the pid of PID 1', () => {
  const record = (kind: string): string => `cat > $D/${kind}`;
  const kinds = ['prestart', 'createRuntime', 'poststart', 'poststop'];
  const bundle = bundleWith(Object.fromEntries(kinds.map((kind) => [kind, [record(kind)]])));
  expect(bundle.oci(['create', '--pid-file', 'pid', 'c'])).toMatchObject({ stderr: '', status: 0 });
  const pid = Number(result(bundle, 'pid'));
  const state = { id: 'c', ociVersion: expect.any(String), bundle: bundle.path, annotations: { who: 'test' } };
  // From the time when these hooks belonged to `start`.
  expect(JSON.parse(result(bundle, 'prestart'))).toEqual({ ...state, status: 'created', pid });
  expect(JSON.parse(result(bundle, 'createRuntime'))).toEqual({ ...state, status: 'creating', pid });
  expect(readdirSync(bundle.path)).not.toContain('poststart');
  expect(bundle.oci(['start', 'c'])).toMatchObject({ stderr: '', status: 0 });
  expect(JSON.parse(result(bundle, 'poststart'))).toEqual({ ...state, status: 'running', pid });
  expect(readdirSync(bundle.path)).not.toContain('poststop');
  expect(bundle.oci(['delete', '--force', 'c'])).toMatchObject({ stderr: '', status: 0 });
  expect(JSON.parse(result(bundle, 'poststop'))).toEqual({ ...state, status: 'stopped' });
});

test('a hook has the name and the environment it was given, and nothing else of ours', () => {
  const bundle = bundleWith({ prestart: ['tr "\\0" "\\n" < /proc/$$/cmdline > $D/name; env > $D/env'] });
  bundle.oci(['create', 'c'], { env: { SECRET: 'of the caller', NODE_OPTIONS: '' } });
  bundle.oci(['delete', '--force', 'c']);
  expect(result(bundle, 'name')).toMatch(/^a-name-of-its-own\n/);
  expect(result(bundle, 'env')).not.toContain('SECRET');
});

test.each([
  ['create', 1],
  ['run', 255],
] as const)('a hook that fails undoes the container of %s, and is named by its kind and number', (verb, status) => {
  const bundle = bundleWith({ createRuntime: ['true', 'echo no network >&2; exit 3'], poststop: ['echo > $D/undone'] });
  const created = bundle.oci([verb, 'c']);
  expect(created.status).toBe(status);
  expect(created.stderr).toContain('the createRuntime hook number 1 (/bin/sh) failed');
  expect(created.stderr).toContain('it exited with status 3; it said: no network');
  expect(readdirSync(bundle.path)).toContain('undone');
  expect(readdirSync(bundle.root)).toEqual([]);
});

test('poststart and poststop hooks that fail only warn', () => {
  const bundle = bundleWith({ poststart: ['exit 1'], poststop: ['exit 1'] });
  bundle.oci(['create', 'c']);
  const started = bundle.oci(['start', 'c']);
  expect(started.status).toBe(0);
  expect(started.stderr).toContain('the poststart hook number 0 (/bin/sh) failed');
  const deleted = bundle.oci(['delete', '--force', 'c']);
  expect(deleted.status).toBe(0);
  expect(deleted.stderr).toContain('the poststop hook number 0');
  expect(readdirSync(bundle.root)).toEqual([]);
});

test('a hook that does not read its input is fine, whatever its length', () => {
  const bundle = bundleWith({ prestart: ['exec <&-; exit 0'] });
  const path = join(bundle.path, 'config.json');
  const config = JSON.parse(readFileSync(path, 'utf8'));
  config.annotations = { long: 'x'.repeat(1 << 20) };
  writeFileSync(path, JSON.stringify(config));
  expect(bundle.oci(['create', 'c'])).toMatchObject({ stderr: '', status: 0 });
  expect(JSON.parse(bundle.oci(['state', 'c']).stdout).annotations.long).toHaveLength(1 << 20);
  bundle.oci(['delete', '--force', 'c']);
});

test('a hook that takes too long is killed', () => {
  const bundle = bundleWith({ prestart: ['exec sleep 1000'] });
  const path = join(bundle.path, 'config.json');
  const config = JSON.parse(readFileSync(path, 'utf8'));
  config.hooks.prestart[0].timeout = 1;
  writeFileSync(path, JSON.stringify(config));
  const created = bundle.oci(['create', 'c']);
  expect(created.stderr).toContain('it did not end within 1 seconds');
});
