import { afterAll, expect, test } from 'vitest';
import { makeHome } from '../support/home.ts';
import { tsrun } from '../support/tsrun.ts';

const home = makeHome();
afterAll(() => home[Symbol.dispose]());

interface Check {
  readonly name: string;
  readonly status: string;
  readonly detail: string;
  readonly fix: string | null;
}

test('doctor has a line for each check, and every line that is not ok has its fix', async () => {
  const [text, json] = await Promise.all([
    tsrun(['doctor'], { env: home.env }),
    tsrun(['doctor', '--format', 'json'], { env: home.env }),
  ]);
  const checks = JSON.parse(json.stdout) as readonly Check[];
  const names = [
    'node',
    'native parts',
    'kernel',
    'namespaces',
    'seccomp',
    'user namespaces',
    'subordinate ids',
    'overlay',
    'cgroup v2',
    'store',
  ];
  expect(checks.map(({ name }) => name)).toEqual(expect.arrayContaining(names));
  for (const { name, status, detail, fix } of checks) {
    expect(['ok', 'warn', 'fail']).toContain(status);
    expect(detail).not.toBe('');
    expect(text.stdout).toContain(name);
    if (status !== 'ok') expect(fix, `a fix for ${name}`).not.toBeNull();
  }
  const failed = checks.some(({ status }) => status === 'fail');
  expect(json.exitCode).toBe(failed ? 1 : 0);
  expect(text.exitCode).toBe(json.exitCode);
  expect(text.stderr).toBe('');
});

test('a store that cannot be written is found', async () => {
  const { stdout, exitCode } = await tsrun(['doctor', '--store', '/proc/nowhere', '--format', 'json'], {
    env: home.env,
  });
  const store = (JSON.parse(stdout) as readonly Check[]).find(({ name }) => name === 'store');
  expect(store).toMatchObject({ status: 'fail', detail: expect.stringContaining('/proc/nowhere') });
  expect(exitCode).toBe(1);
});
