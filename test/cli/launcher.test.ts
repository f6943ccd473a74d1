import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { repository, tsrunPath } from '../support/fixture.ts';
import { makeHome } from '../support/home.ts';

const home = makeHome();
afterAll(() => home[Symbol.dispose]());

function start(path: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const done = spawnSync(path, args, { encoding: 'utf8', env: { ...process.env, ...home.env, ...env } });
  return { stdout: done.stdout, stderr: done.stderr, exitCode: done.status };
}

test('the command starts through symbolic links, as npm installs it', () => {
  const link = join(home.path, 'tsrun-link');
  const second = join(home.path, 'second-link');
  symlinkSync(tsrunPath, link);
  symlinkSync(link, second);
  expect(start(second, ['--version'])).toMatchObject({ exitCode: 0, stderr: '' });
});

test('a checkout that is not built says how to build it', () => {
  const bin = join(home.path, 'unbuilt', 'bin');
  cpSync(join(repository, 'bin'), bin, { recursive: true });
  const { stderr, exitCode } = start(join(bin, 'tsrun'), ['version']);
  expect(stderr).toMatch(
    /^tsrun: the command is not built\n {2}.*\n {2}hint: run "npm install && npm run build" in .*unbuilt\n$/,
  );
  expect(exitCode).toBe(125);
});

describe('compiled code', () => {
  const cacheOf = (store: string): string => {
    const code = join(store, 'cache', 'code');
    return join(code, readdirSync(code)[0] ?? '');
  };
  const store = join(home.path, 'cached');
  beforeAll(() => {
    mkdirSync(store, { mode: 0o700 });
    start(tsrunPath, ['version'], { TSRUN_STORE: store });
  });

  test('is kept where only this user can write', () => {
    const directory = cacheOf(store);
    expect(statSync(directory).mode & 0o077).toBe(0);
    const files = readdirSync(directory);
    expect(files.some((name) => name.startsWith('main-'))).toBe(true);
    for (const name of files) expect(statSync(join(directory, name)).mode & 0o077).toBe(0);
  });

  test('that is damaged is made again', () => {
    const directory = cacheOf(store);
    for (const name of readdirSync(directory)) writeFileSync(join(directory, name), 'rubbish');
    expect(start(tsrunPath, ['--version'], { TSRUN_STORE: store })).toMatchObject({ exitCode: 0, stderr: '' });
    const main = readdirSync(directory).find((name) => name.startsWith('main-')) ?? '';
    expect(readFileSync(join(directory, main), 'latin1')).not.toBe('rubbish');
  });

  test('of an earlier build goes away', () => {
    const directory = cacheOf(store);
    writeFileSync(join(directory, 'main-OLD.cjs'), 'old');
    writeFileSync(
      join(directory, readdirSync(directory).find((name) => name.startsWith('main-') && !name.includes('OLD')) ?? ''),
      'rubbish',
    );
    start(tsrunPath, ['--version'], { TSRUN_STORE: store });
    expect(readdirSync(directory)).not.toContain('main-OLD.cjs');
  });

  test('is written by the first two runs that come to something, and by no other', () => {
    const again = join(home.path, 'again');
    mkdirSync(again, { mode: 0o700 });
    const env = { TSRUN_STORE: again };
    expect(start(tsrunPath, ['run', '--no-such-flag'], env).exitCode).toBe(125);
    expect(readdirSync(again)).toEqual([]);
    const inodes = (): readonly number[] => {
      start(tsrunPath, ['version'], env);
      return readdirSync(cacheOf(again)).map((name) => statSync(join(cacheOf(again), name)).ino);
    };
    const [first, second, third] = [inodes(), inodes(), inodes()];
    expect(second).not.toEqual(first);
    expect(third).toEqual(second);
  });

  test('makes no store that was not there', () => {
    const missing = join(home.path, 'missing');
    start(tsrunPath, ['--version'], { TSRUN_STORE: missing });
    expect(() => statSync(missing)).toThrow('ENOENT');
  });
});
