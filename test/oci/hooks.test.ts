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

/** The same, whose hooks of one kind are called inside: what there is there. */
function bundleFailing(kind: 'createContainer' | 'startContainer'): TestBundle {
  const bundle = bundleWith({ poststop: ['echo > $D/undone'] });
  const path = join(bundle.path, 'config.json');
  const config = JSON.parse(readFileSync(path, 'utf8')) as { hooks: object };
  config.hooks = { ...config.hooks, [kind]: [{ path: '/bin/false' }] };
  writeFileSync(path, JSON.stringify(config));
  return bundle;
}

test.each([
  ['create', 'createContainer'],
  ['run', 'createContainer'],
  ['run', 'startContainer'],
] as const)('poststop hooks of %s undo what %s hooks began', (verb, kind) => {
  const bundle = bundleFailing(kind);
  const failed = bundle.oci([verb, 'c']);
  expect(failed.stderr).toContain(`the ${kind} hook`);
  expect(readdirSync(bundle.path)).toContain('undone');
  expect(readdirSync(bundle.root)).toEqual([]);
});

test('a startContainer hook that fails ends the container of start, and delete runs the poststop hooks', () => {
  const bundle = bundleFailing('startContainer');
  expect(bundle.oci(['create', 'c'])).toMatchObject({ stderr: '', status: 0 });
  const started = bundle.oci(['start', 'c']);
  expect(started.status).toBe(1);
  expect(started.stderr).toContain('the startContainer hook');
  expect(JSON.parse(bundle.oci(['state', 'c']).stdout)).toMatchObject({ status: 'stopped' });
  expect(bundle.oci(['delete', 'c'])).toMatchObject({ stderr: '', status: 0 });
  expect(readdirSync(bundle.path)).toContain('undone');
});

// runtime-spec 1.3, runtime.md#lifecycle; before it was to warn, which runc never did.
test('a poststart hook that fails ends the container; those behind it do not run', () => {
  const bundle = bundleWith({
    poststart: ['true', 'echo no >&2; exit 3', 'echo > $D/third'],
    poststop: ['echo > $D/undone'],
  });
  expect(bundle.oci(['create', 'c'])).toMatchObject({ stderr: '', status: 0 });
  const log = join(bundle.path, 'log');
  const started = bundle.oci(['--log', log, '--log-format', 'json', 'start', 'c']);
  expect(started.status).toBe(1);
  expect(started.stderr).toContain(
    'the poststart hook number 1 (/bin/sh) failed\n  it exited with status 3; it said: no\n',
  );
  const lines = readFileSync(log, 'utf8').trimEnd().split('\n');
  expect(lines.map((line) => JSON.parse(line))).toEqual([
    {
      level: 'error',
      msg: 'the poststart hook number 1 (/bin/sh) failed: it exited with status 3; it said: no',
      time: expect.any(String),
    },
  ]);
  expect(JSON.parse(bundle.oci(['state', 'c']).stdout)).toMatchObject({ status: 'stopped', pid: 0 });
  expect(bundle.oci(['delete', 'c'])).toMatchObject({ stderr: '', status: 0 });
  expect(readdirSync(bundle.path)).toContain('undone');
  expect(readdirSync(bundle.path)).not.toContain('third');
});

test.each([[[]], [['--detach']]])('a poststart hook that fails undoes the container of run %j', (flags) => {
  const bundle = bundleWith({ poststart: ['exit 3'], poststop: ['echo > $D/undone'] });
  const ran = bundle.oci(['run', ...flags, 'c']);
  expect(ran.status).toBe(255);
  expect(ran.stderr).toBe('tsrun-oci: the poststart hook number 0 (/bin/sh) failed\n  it exited with status 3\n');
  expect(readdirSync(bundle.path)).toContain('undone');
  expect(readdirSync(bundle.root)).toEqual([]);
});

test('poststop hooks that fail only warn, and those behind them run', () => {
  const bundle = bundleWith({ poststop: ['exit 1', 'echo > $D/second'] });
  expect(bundle.oci(['run', '--detach', 'c'])).toMatchObject({ stderr: '', status: 0 });
  const deleted = bundle.oci(['delete', '--force', 'c']);
  expect(deleted.status).toBe(0);
  expect(deleted.stderr).toContain('the poststop hook number 0');
  expect(readdirSync(bundle.path)).toContain('second');
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
