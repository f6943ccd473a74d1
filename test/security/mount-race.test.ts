/** A directory of a shared volume that turns into a link between the look and the mount (CVE-2021-30465, CVE-2024-45310). */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect } from 'vitest';
import { makeHome } from '../support/home.ts';
import { requires } from '../support/requires.ts';
import { startTsrun, tsrun } from '../support/tsrun.ts';
import { plantCanary } from './canary.ts';
import { hostileImage, program } from './hostile-image.ts';

const home = makeHome();
afterAll(() => home[Symbol.dispose]());
const test = requires();
const canary = plantCanary(home);
const before = canary.fingerprint();
const image = hostileImage(home, 'race', { layers: [[program(home, 'flip-link')]] });
const given = join(home.path, 'given');
mkdirSync(given);
writeFileSync(join(given, 'file'), 'given\n');

describe('while one container flips a directory of a volume', () => {
  const targets = {
    'a link to the canary': canary.path,
    'a link that climbs to it': `${'../'.repeat(12)}${canary.path.slice(1)}`,
    'a link to a root that is not there yet': '/proc/self/root',
  };
  for (const [index, [kind, target]] of Object.entries(targets).entries()) {
    test(`to ${kind}, another gets its mounts inside or is refused`, async () => {
      const shared = join(home.path, `shared-${index}`);
      mkdirSync(shared);
      const flipper = startTsrun(
        ['run', '--rm', '--quiet', '-v', `${shared}:/shared`, image, 'flip-link', '/shared', target],
        {
          env: home.env,
        },
      );
      await flipper.until('flipping');
      const volumes = [
        '-v',
        `${shared}:/shared`,
        '-v',
        `${given}:/shared/a/made`,
        '--tmpfs',
        '/shared/a/tmp',
        '-w',
        '/shared/a/work',
      ];
      const script = `cat /shared/a/made/file; awk '$4 ~ /canary/' /proc/self/mountinfo; ls /etc/canary ${canary.path} 2>/dev/null`;
      for (let i = 0; i < 6; i++) {
        const { stdout, stderr, exitCode } = await tsrun(
          ['run', '--rm', '--quiet', ...volumes, image, 'sh', '-c', script],
          { env: home.env },
        );
        expect(stdout).not.toContain(canary.secret);
        expect(stdout).not.toContain('passwd');
        if (exitCode === 125) expect(stderr).toMatch(/^tsrun: cannot /);
        expect(canary.fingerprint()).toBe(before);
      }
      flipper.signal('SIGKILL');
      await flipper.outcome;
    });
  }
});

test('nothing was mounted or made on the host', () => {
  expect(readFileSync('/proc/self/mountinfo', 'utf8')).not.toContain(home.path);
  expect(readdirSync(canary.path).sort()).toEqual(['bin', 'empty', 'etc', 'link', 'null']);
  expect(canary.fingerprint()).toBe(before);
});
