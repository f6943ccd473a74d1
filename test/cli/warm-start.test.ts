/** What keeps the start of a warm `tsrun run` short, and what must not be lost by it. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { makeBundle } from '../oci/bundle.ts';
import { fixture, tsrunPath } from '../support/fixture.ts';
import { makeHome } from '../support/home.ts';
import { requires } from '../support/requires.ts';

const test = requires();
const home = makeHome();
afterAll(() => home[Symbol.dispose]());

function run(flags: readonly string[], ...command: readonly string[]) {
  const argv = [...flags, tsrunPath, 'run', '--rm', fixture('busybox.tar'), ...command];
  return spawnSync(process.execPath, argv, { encoding: 'utf8', env: { ...process.env, ...home.env }, stdio: 'ignore' });
}

beforeAll(() => {
  // The image is stored, the code is compiled.
  for (let i = 0; i < 2; i++) run([], 'true');
});

// An ordinary user's container is removed by a workbench, which is a child process.
requires('root')("loads none of Node's modules that take longer than some steps of the container", () => {
  const list = join(home.path, 'modules');
  const hook = join(home.path, 'hook.cjs');
  writeFileSync(
    hook,
    `process.on('exit', () => require('fs').writeFileSync(${JSON.stringify(list)}, process.moduleLoadList.join('\\n')))`,
  );
  expect(run(['--require', hook], 'true').status).toBe(0);
  const loaded = readFileSync(list, 'utf8').split('\n');
  expect(loaded).toContain('NativeModule fs');
  const slow = [
    'crypto',
    'net',
    'os',
    'stream',
    'stream/promises',
    'timers/promises',
    'child_process',
    'tty',
    'zlib',
    'module',
  ];
  expect(loaded.filter((name) => slow.includes(name.replace('NativeModule ', '')))).toEqual([]);
});

/** What was loaded has its code in the cache of its verb; the names without their hashes. */
function filesLoaded(store: string, verb: string): readonly string[] {
  const caches = join(store, 'cache', 'code');
  const [cache = ''] = readdirSync(caches).filter((name) => name.endsWith(`%${verb}`));
  return readdirSync(join(caches, cache)).map((name) => name.replace(/-[^.]{8}\.cjs$/, ''));
}

test('create and exec of tsrun-oci load no file that only others need', () => {
  const store = join(home.path, 'oci-store');
  mkdirSync(store);
  const bundle = makeBundle(home.path);
  bundle.configure((config) => {
    config.process.args = ['sleep', '1000'];
  });
  const oci = (...args: readonly string[]) => bundle.oci(args, { env: { TSRUN_STORE: store } }).status;
  expect([oci('create', 'c'), oci('start', 'c'), oci('exec', 'c', 'true')]).toEqual([0, 0, 0]);
  for (const verb of ['create', 'exec']) {
    expect(filesLoaded(store, verb).toSorted()).toEqual(['container-road', 'main', 'oci']);
  }
  expect(oci('delete', '--force', 'c')).toBe(0);
});

test('the status arrives when the process leaves without going through Node', () => {
  expect(run([], 'sh', '-c', 'exit 42').status).toBe(42);
});

test('what Node was asked to write at its end is written', () => {
  const profiles = join(home.path, 'profiles');
  mkdirSync(profiles);
  expect(run(['--cpu-prof', `--cpu-prof-dir=${profiles}`], 'true').status).toBe(0);
  expect(readdirSync(profiles)).toHaveLength(1);
});
