/** Called from a control group that was killed once (cgroup.kill) and lives on, as that of a job whose leftovers somebody ended. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { makeBundle } from '../oci/bundle.ts';
import { tsrunOciPath } from '../oci/tsrun-oci.ts';
import { fixture, tsrunPath } from '../support/fixture.ts';
import { makeHome } from '../support/home.ts';
import { cgroupBase } from '../support/needs.ts';
import { requires } from '../support/requires.ts';

const home = makeHome();
afterAll(() => home[Symbol.dispose]());
const test = requires('root', 'cgroup-v2');
const busybox = fixture('busybox.tar');

let group = '';
beforeAll(async () => {
  const base = cgroupBase();
  if (process.getuid?.() !== 0 || !('path' in base)) return;
  group = mkdtempSync(join(base.path, 'tsrun-test-killed-'));
  const left = spawn('sleep', ['1000']);
  const end = once(left, 'exit');
  writeFileSync(join(group, 'cgroup.procs'), String(left.pid));
  writeFileSync(join(group, 'cgroup.kill'), '1');
  await end;
});
afterAll(() => {
  if (group !== '') rmdirSync(group);
});

/** Linux 6.14 kills what is cloned out of it into a group that was not killed as often. */
function fromIt(cwd: string, ...argv: readonly string[]) {
  const script = `echo 0 > ${group}/cgroup.procs; exec "$@"`;
  const { stdout, stderr, status } = spawnSync('sh', ['-c', script, 'sh', ...argv], {
    cwd,
    env: { ...process.env, ...home.env },
    encoding: 'utf8',
  });
  return { stdout, stderr, status };
}
const tsrun = (...args: readonly string[]) => fromIt('/', tsrunPath, ...args);
const ran = { stdout: 'ran\n', stderr: '', status: 0 };

test('run runs', () => {
  expect(tsrun('run', '--rm', '--quiet', busybox, 'echo', 'ran')).toEqual(ran);
  // In a user namespace somebody has to write its maps meanwhile.
  expect(tsrun('run', '--rm', '--quiet', '--userns', 'private', busybox, 'echo', 'ran')).toEqual(ran);
});

test('a container is in its own group, at the root of its namespace, with its parent as ever', () => {
  const look = ['sh', '-c', 'grep ^0 /proc/self/cgroup; grep PPid /proc/1/status; echo $$'];
  const here = spawnSync(tsrunPath, ['run', '--rm', '--quiet', busybox, ...look], {
    env: { ...process.env, ...home.env },
    encoding: 'utf8',
  });
  expect(tsrun('run', '--rm', '--quiet', busybox, ...look).stdout).toBe(here.stdout);
  expect(here.stdout).toContain('0::/\n');
});

test('exec runs, in a container from elsewhere and in one from there', () => {
  const run = ['run', '-dq', '--name'];
  spawnSync(tsrunPath, [...run, 'elsewhere', busybox, 'sleep', '1000'], { env: { ...process.env, ...home.env } });
  expect(tsrun(...run, 'there', busybox, 'sleep', '1000')).toMatchObject({ stderr: '', status: 0 });
  for (const name of ['elsewhere', 'there']) expect(tsrun('exec', name, 'echo', 'ran')).toEqual(ran);
  expect(tsrun('rm', '-f', 'elsewhere', 'there').status).toBe(0);
});

test('tsrun-oci creates, starts and executes', () => {
  const bundle = makeBundle(home.path);
  bundle.configure((config) => {
    config.process.args = ['sleep', '1000'];
    config.linux.cgroupsPath = basename(bundle.path);
  });
  // A created container keeps its streams: not the pipes of the call.
  const oci = (...args: readonly string[]) => fromIt(bundle.path, tsrunOciPath, '--root', bundle.root, ...args);
  const created = fromIt(
    bundle.path,
    'sh',
    '-c',
    `exec ${tsrunOciPath} --root ${bundle.root} run --detach c >/dev/null 2>&1`,
  );
  expect(created.status).toBe(0);
  expect(oci('exec', 'c', 'echo', 'ran')).toEqual(ran);
  expect(oci('delete', '--force', 'c')).toEqual({ stdout: '', stderr: '', status: 0 });
});
