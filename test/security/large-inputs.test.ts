/** Inputs beyond what the kernel takes are refused in words, never cut short (CVE-2021-43784). */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect } from 'vitest';
import { file } from '../../rootfs-fixtures/entry.ts';
import { fixture } from '../support/fixture.ts';
import { makeHome } from '../support/home.ts';
import { requires } from '../support/requires.ts';
import { tsrun } from '../support/tsrun.ts';
import { hostileImage } from './hostile-image.ts';

const home = makeHome();
afterAll(() => home[Symbol.dispose]());
const test = requires();
const busybox = fixture('busybox.tar');
const run = (...args: readonly string[]) => tsrun(['run', '--rm', '--quiet', ...args], { env: home.env });

function envFile(name: string, lines: readonly string[]): string {
  const path = join(home.path, name);
  writeFileSync(path, lines.join('\n'));
  return path;
}

test('a megabyte of variables arrives whole', async () => {
  const path = envFile(
    'many',
    Array.from({ length: 10_000 }, (_, i) => `V${i}=${'x'.repeat(90)}`),
  );
  const { stdout } = await run('--env-file', path, busybox, 'sh', '-c', 'env | grep -c "^V[0-9]*=x*$"');
  expect(stdout).toBe('10000\n');
});

test('ten megabytes of variables are refused', async () => {
  const path = envFile(
    'too-many',
    Array.from({ length: 100_000 }, (_, i) => `V${i}=${'x'.repeat(100)}`),
  );
  const { stdout, stderr, exitCode } = await run('--env-file', path, busybox, 'echo', 'ran');
  expect(stdout).toBe('');
  expect(exitCode).toBeGreaterThanOrEqual(125);
  expect(stderr).toMatch(/^tsrun: cannot start "echo"/);
});

test('one variable that is too long is refused, in an image too', async () => {
  const image = hostileImage(home, 'long', { config: { Env: [`LONG=${'x'.repeat(200_000)}`] } });
  const { stdout, stderr, exitCode } = await run(image, 'echo', 'ran');
  expect({ stdout, exitCode: exitCode === 126 || exitCode === 125 }).toEqual({ stdout: '', exitCode: true });
  expect(stderr).toMatch(/^tsrun: cannot start "echo"/);
});

test('a path, a user and a hostname that are too long are refused', async () => {
  const long = 'x'.repeat(5000);
  for (const args of [
    ['-w', `/${long}`],
    ['-u', long],
    ['--hostname', long],
    ['-v', `${home.path}:/${long}`],
    ['--tmpfs', `/${long}`],
  ]) {
    const { stdout, stderr, exitCode } = await run(...args, busybox, 'echo', 'ran');
    expect([args[0], stdout, exitCode === 125 || exitCode === 126]).toEqual([args[0], '', true]);
    expect(stderr).toMatch(/^tsrun: /);
    expect(stderr).not.toContain('    at ');
  }
});

test('six hundred mounts are made or refused, none is left out', async () => {
  const volumes = Array.from({ length: 600 }, (_, i) => ['-v', `${home.path}:/v/${i}:ro`]).flat();
  const { stdout, stderr, exitCode } = await run(
    ...volumes,
    busybox,
    'sh',
    '-c',
    'grep -c " /v/" /proc/self/mountinfo',
  );
  if (exitCode === 0) expect(stdout).toBe('600\n');
  else expect(stderr).toMatch(/^tsrun: /);
});

test('an image’s group with more members than a user may have groups is refused', async () => {
  const group = Array.from({ length: 3000 }, (_, i) => `g${i}:x:${i + 1}:alice\n`).join('');
  const image = hostileImage(home, 'groups', { without: ['etc/group'], layers: [[file('etc/group', group)]] });
  const { stderr, exitCode } = await run('-u', 'alice', image, 'true');
  expect(exitCode).toBe(125);
  expect(stderr).toContain('3000 groups');
});
