/** Init that is killed before it executes the command: nothing of the command's has ended. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect } from 'vitest';
import { fixture } from '../support/fixture.ts';
import { makeHome } from '../support/home.ts';
import { requires } from '../support/requires.ts';
import { tsrun } from '../support/tsrun.ts';

const home = makeHome();
afterAll(() => home[Symbol.dispose]());
const test = requires();
const run = (...args: readonly string[]) => tsrun(['run', '--rm', ...args], { env: home.env });
const busybox = fixture('busybox.tar');

test('a filter that kills execve is an error of the start and not a status of the command', async () => {
  const profile = join(home.path, 'profile.json');
  const syscalls = [{ names: ['execve'], action: 'SCMP_ACT_KILL_PROCESS' }];
  writeFileSync(profile, JSON.stringify({ defaultAction: 'SCMP_ACT_ALLOW', syscalls }));
  const { exitCode, stderr } = await run('--security-opt', `seccomp=${profile}`, busybox, 'true');
  expect(exitCode).toBe(125);
  expect(stderr).toContain('the container ended before its command could start\n  it was killed by SIGSYS');
});

test('a command that is killed at once has its own status, with --init too', async () => {
  const script = 'kill -9 $$';
  expect((await run('--init', busybox, 'sh', '-c', script)).exitCode).toBe(137);
  const segfault = await run(busybox, 'sh', '-c', 'sh -c "kill -SEGV $$"; exit 3');
  expect(segfault.exitCode).toBe(3);
});
