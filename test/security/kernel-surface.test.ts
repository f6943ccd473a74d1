/** System calls that kernel bugs hide behind: refused by the default filter, by every door into the kernel. */
import { constants } from 'node:os';
import { afterAll, expect } from 'vitest';
import { makeHome } from '../support/home.ts';
import { requires } from '../support/requires.ts';
import { tsrun } from '../support/tsrun.ts';
import { hostileImage, program } from './hostile-image.ts';

const home = makeHome();
afterAll(() => home[Symbol.dispose]());
const test = requires();
const image = hostileImage(home, 'surface', { layers: [[program(home, 'kernel-surface')]] });
const { EPERM, ENOSYS, EINVAL } = constants.errno;

async function callAll(...flags: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const { stdout, stderr } = await tsrun(['run', '--rm', '--quiet', ...flags, image, 'kernel-surface'], {
    env: home.env,
  });
  const lines = stdout
    .trim()
    .split('\n')
    .map((line) => line.split(' '));
  if (lines.length < 50) throw new Error(`the program did not get to its end:\n${stdout}${stderr}`);
  return new Map(lines.map(([name, errno]) => [name ?? '', Number(errno)]));
}

for (const flags of [[], ['-u', '1000:1000'], ['--init'], ['--cap-drop', 'ALL']]) {
  test(`each of them is refused${flags.length === 0 ? '' : ` with ${flags.join(' ')}`}`, async () => {
    const calls = await callAll(...flags);
    const allowed = [...calls].filter(([, errno]) => errno !== EPERM && errno !== ENOSYS);
    expect(allowed).toEqual([]);
    // clone3 hides its flags in memory: it has to look absent, so that the C library falls back to clone.
    expect(calls.get('clone3')).toBe(ENOSYS);
  });
}

test('the filter is what refuses them: without it the kernel answers for itself', async () => {
  const calls = await callAll('--security-opt', 'seccomp=unconfined');
  expect(calls.get('clone3')).toBe(EINVAL);
  expect([...calls].filter(([, errno]) => errno !== EPERM && errno !== ENOSYS).length).toBeGreaterThan(10);
});

test('the filter is on and no_new_privs with it, also in processes the command starts', async () => {
  const { stdout } = await tsrun(['run', '--rm', '--quiet', image, 'sh', '-c', 'cat /proc/self/status; true'], {
    env: home.env,
  });
  expect(stdout).toMatch(/^Seccomp:\s+2$/m);
  expect(stdout).toMatch(/^NoNewPrivs:\s+1$/m);
});
