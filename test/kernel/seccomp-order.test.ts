import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { fixture } from '../support/fixture.ts';
import { makeHome } from '../support/home.ts';
import { tsrun } from '../support/tsrun.ts';

const home = makeHome();
afterAll(() => home[Symbol.dispose]());
const profile = join(home.path, 'profile.json');
writeFileSync(
  profile,
  JSON.stringify({
    defaultAction: 'SCMP_ACT_ALLOW',
    syscalls: [{ names: ['close_range'], action: 'SCMP_ACT_ERRNO', errnoRet: 1 }],
  }),
);

describe('a seccomp filter without close_range', () => {
  for (const on of ['true', 'false']) {
    test(`starts with no-new-privileges=${on}: files are closed before it is in force`, async () => {
      const flags = ['--security-opt', `no-new-privileges=${on}`, '--security-opt', `seccomp=${profile}`];
      const script = 'grep Seccomp: /proc/self/status; ls /proc/self/fd | wc -l';
      const { stdout, stderr } = await tsrun(
        ['run', '--rm', '-q', ...flags, fixture('busybox.tar'), 'sh', '-c', script],
        { env: home.env },
      );
      expect(stderr).toBe('');
      expect(stdout).toBe('Seccomp:\t2\n4\n');
    });
  }
});
