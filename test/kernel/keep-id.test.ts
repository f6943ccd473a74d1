/** `--userns keep-id`: root inside is a subordinate id, and oneself is oneself; of root all ids are the same. */
import { mkdirSync, readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect } from 'vitest';
import { fixture } from '../support/fixture.ts';
import { makeHome } from '../support/home.ts';
import { requires } from '../support/requires.ts';
import { tsrun } from '../support/tsrun.ts';

const home = makeHome();
afterAll(() => home[Symbol.dispose]());
const busybox = fixture('busybox.tar');
const run = (...args: readonly string[]) => tsrun(['run', '--rm', '--userns', ...args], { env: home.env });
const sh = (userns: string, script: string, ...flags: readonly string[]) =>
  run(userns, ...flags, busybox, 'sh', '-c', script);
const uid = process.getuid?.() ?? 0;
const gid = process.getgid?.() ?? 0;
const keeps = requires('rootless', 'subuid');

keeps('the command runs with the ids of who called', async () => {
  const { stdout, stderr } = await sh('keep-id', 'id -u; id -g; cat /proc/self/uid_map | wc -l');
  expect({ stdout, stderr: stderr.includes('cannot') }).toEqual({ stdout: `${uid}\n${gid}\n3\n`, stderr: false });
});

keeps('the ids inside can be others', async () => {
  expect((await sh('keep-id:uid=7,gid=8', 'id -u; id -g')).stdout).toBe('7\n8\n');
});

keeps('files of the image belong to root, not to the caller, and the tree can be written by root', async () => {
  const script = 'stat -c %u / /bin/busybox /etc/passwd; touch /new; stat -c %u /new';
  expect((await sh('keep-id', script, '-u', '0')).stdout).toBe('0\n0\n0\n0\n');
  // As the user, a file of root's cannot be written.
  expect((await sh('keep-id', 'touch /new; echo $?')).stdout).toBe('1\n');
});

keeps('what is written to a bind belongs to the caller', async () => {
  const shared = join(home.path, 'shared');
  mkdirSync(shared);
  await sh('keep-id', 'echo mine > /shared/file', '-v', `${shared}:/shared`);
  expect(readFileSync(join(shared, 'file'), 'utf8')).toBe('mine\n');
  expect(statSync(join(shared, 'file')).uid).toBe(uid);
});

keeps('nothing of a container is left', async () => {
  await sh('keep-id', 'mkdir /d; touch /d/f; chmod 0 /d', '-u', '0');
  expect(readdirSync(join(home.store, 'containers'))).toEqual([]);
});

requires('root')('of root every id is the same inside, in a namespace of its own', async () => {
  const outside = readlinkSync('/proc/self/ns/user');
  const { stdout, stderr } = await sh(
    'keep-id',
    'cat /proc/self/uid_map; readlink /proc/self/ns/user; touch /f && stat -c %u /f',
  );
  expect(stderr).not.toContain('tsrun: cannot');
  const [map = '', namespace, owner] = stdout.split('\n');
  expect(map.trim().split(/\s+/)).toEqual(['0', '0', '4294967295']);
  expect(namespace).toMatch(/^user:/);
  expect(namespace).not.toBe(outside);
  expect(owner).toBe('0');
});

requires('root')('root cannot be somebody else inside', async () => {
  const { exitCode, stderr } = await sh('keep-id:uid=7', 'true');
  expect(exitCode).toBe(125);
  expect(stderr).toContain('cannot give root another id with keep-id');
});
