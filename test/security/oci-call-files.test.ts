/** Files that a call names, where somebody has put something else: --pid-file, --log, --console-socket, --pidfd-socket, the container’s directory. */
import { spawnSync } from 'node:child_process';
import { lstatSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { makeBundle, type TestBundle } from '../oci/bundle.ts';
import { makeHome } from '../support/home.ts';
import { plantCanary } from './canary.ts';

const home = makeHome();
afterAll(() => home[Symbol.dispose]());
const canary = plantCanary(home);
const before = canary.fingerprint();
const victim = join(canary.path, 'etc', 'passwd');

function sleeping(terminal = false): TestBundle {
  const bundle = makeBundle(home.path);
  bundle.configure((config) => {
    config.process.args = ['sleep', '1000'];
    config.process.terminal = terminal;
  });
  return bundle;
}

describe('--pid-file', () => {
  test('that is a link is replaced, by create, run and exec, and what it led to stays as it was', () => {
    const bundle = sleeping();
    const calls = [
      ['create', '--pid-file', 'pid', 'c'],
      ['run', '--detach', '--pid-file', 'pid', 'd'],
      ['exec', '--detach', '--pid-file', 'pid', 'd', 'sleep', '999'],
    ];
    for (const call of calls) {
      spawnSync('ln', ['-sfn', victim, join(bundle.path, 'pid')]);
      if (call[0] === 'run') bundle.oci(['delete', '--force', 'c']);
      expect(bundle.oci(call)).toMatchObject({ stderr: '', status: 0 });
      expect(lstatSync(join(bundle.path, 'pid')).isFile()).toBe(true);
      expect(Number(readFileSync(join(bundle.path, 'pid'), 'utf8'))).toBeGreaterThan(1);
    }
    bundle.oci(['delete', '--force', 'd']);
    expect(canary.fingerprint()).toBe(before);
  });
});

describe('--log', () => {
  // Of Node's verbs, and of those that the native helper answers.
  test.each([['create'], ['state'], ['delete']])('that is a FIFO nobody reads holds no call up: %s', (verb) => {
    const bundle = sleeping();
    const fifo = join(bundle.path, 'log');
    spawnSync('mkfifo', [fifo]);
    const failed = bundle.oci(['--log', fifo, verb, ...(verb === 'create' ? ['--bundle', '/nosuch'] : []), 'nosuch']);
    expect(failed.status).toBe(1);
    expect(failed.stderr).toMatch(/^tsrun-oci: /);
  });
});

describe('a socket', () => {
  test.each([
    ['--console-socket', 'a file', 'null'],
    ['--console-socket', 'a directory', 'empty'],
    ['--console-socket', 'nothing', 'missing'],
    ['--pidfd-socket', 'a file', 'null'],
  ])('of %s that is a link to %s ends the call, with nothing left', (flag, _, target) => {
    const bundle = sleeping(flag === '--console-socket');
    symlinkSync(join(canary.path, target), join(bundle.path, 'socket'));
    const refused = bundle.oci(['create', flag, join(bundle.path, 'socket'), 'c']);
    expect(refused).toMatchObject({ stdout: '', status: 1 });
    expect(refused.stderr).toContain('cannot connect to the');
    expect(readdirSync(bundle.root)).toEqual([]);
    expect(canary.fingerprint()).toBe(before);
  });
});

describe('the directory of a container', () => {
  test('that is a link is not followed: nothing is cleared, written or removed behind it', () => {
    const bundle = sleeping();
    mkdirSync(bundle.root);
    symlinkSync(canary.path, join(bundle.root, 'c'));
    for (const call of [
      ['create', 'c'],
      ['delete', '--force', 'c'],
      ['state', 'c'],
      ['kill', 'c', 'KILL'],
    ]) {
      bundle.oci(call);
      expect([call, canary.fingerprint()]).toEqual([call, before]);
    }
  });

  test.each(['..', '.', '../canary', 'a/b', '/etc', ''])('is not named by %j', (id) => {
    const bundle = sleeping();
    for (const call of [
      ['create', id],
      ['delete', '--force', id],
      ['state', id],
    ]) {
      expect([call, bundle.oci(call).status]).toEqual([call, 1]);
    }
    expect(canary.fingerprint()).toBe(before);
  });
});
