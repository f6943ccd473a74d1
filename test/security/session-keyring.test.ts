/** The caller's session keyring, with tickets and disk keys in it, seen from inside. */
import { execFileSync } from 'node:child_process';
import { afterAll, expect } from 'vitest';
import { tsrunPath } from '../support/fixture.ts';
import { makeHome } from '../support/home.ts';
import { requires } from '../support/requires.ts';
import { compiled, hostileImage, program } from './hostile-image.ts';

const home = makeHome();
afterAll(() => home[Symbol.dispose]());
const test = requires();
const image = hostileImage(home, 'keys', { layers: [[program(home, 'session-keys')]] });
const keys = compiled(home, 'session-keys');

/** Runs a command below a session keyring that holds a secret. */
const withSecret = (...command: readonly string[]): string =>
  execFileSync(keys, ['give', ...command], { encoding: 'utf8', env: { ...process.env, ...home.env } });

test('the secret is there for a program of the session', () => {
  expect(withSecret(keys, 'find')).toBe('found geheim\n');
});

for (const flags of [
  [],
  ['--security-opt', 'seccomp=unconfined'],
  ['--privileged'],
  ['--privileged', '--pid', 'host'],
]) {
  test(`a container${flags.length === 0 ? '' : ` with ${flags.join(' ')}`} has a keyring of its own`, () => {
    const found = withSecret(tsrunPath, 'run', '--rm', '--quiet', ...flags, image, 'session-keys', 'find');
    expect(found).toMatch(/^errno (ENOKEY|EPERM|ENOSYS)\n$/);
  });
}
