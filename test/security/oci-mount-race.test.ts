/** A directory of a bundle’s volume that turns into a link, a hundred thousand times, while tsrun-oci mounts there (CVE-2021-30465, CVE-2024-45310). */
import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { makeBundle } from '../oci/bundle.ts';
import { makeHome } from '../support/home.ts';
import { Running } from '../support/tsrun.ts';
import { plantCanary } from './canary.ts';
import { compiled } from './hostile-image.ts';

const home = makeHome();
afterAll(() => home[Symbol.dispose]());
const canary = plantCanary(home);
const before = canary.fingerprint();
const flipper = compiled(home, 'flip-link');

/** What no container may say. */
const look = `cat /shared/a/made/file /shared/a/one; awk '$4 ~ /canary/' /proc/self/mountinfo; cat etc/passwd hosts passwd 2>/dev/null; ls ${canary.path} 2>/dev/null; true`;

const targets = {
  'a link to the canary': canary.path,
  'a link that climbs to it': `${'../'.repeat(12)}${canary.path.slice(1)}`,
  'a link to the root of a process': '/proc/self/root',
};

describe('while a directory of a volume flips', () => {
  for (const [index, [kind, target]] of Object.entries(targets).entries()) {
    test(`to ${kind}, mounts, masks and working directories stay inside or are refused`, async () => {
      const bundle = makeBundle(home.path);
      const shared = join(home.path, `shared-${index}`);
      const given = join(bundle.path, 'given');
      for (const directory of [shared, given]) mkdirSync(directory);
      writeFileSync(join(given, 'file'), 'given\n');
      const bind = (source: string, destination: string) => ({ source, destination, options: ['rbind'] });
      bundle.configure((config) => {
        config.process.args = ['sh', '-c', look];
        config.process.cwd = '/shared/a/work';
        config.mounts.push(bind(shared, '/shared'), bind(given, '/shared/a/made'));
        config.mounts.push(bind(join(given, 'file'), '/shared/a/one'), { destination: '/shared/a/tmp', type: 'tmpfs' });
        Object.assign(config.linux, { maskedPaths: ['/shared/a/etc'], readonlyPaths: ['/shared/a/bin'] });
      });
      const flips = new Running(spawn(flipper, [shared, target], { stdio: ['pipe', 'pipe', 'pipe'] }));
      await flips.until('flipping');
      const outcomes = { ran: 0, refused: 0 };
      const tryOnce = (): void => {
        const { stdout, stderr, status } = bundle.oci(['run', 'c']);
        expect(stdout).not.toContain(canary.secret);
        expect(stdout).not.toMatch(/canary|hosts/);
        if (status === 0) outcomes.ran++;
        else {
          expect(stderr).toMatch(/^tsrun-oci: cannot /);
          outcomes.refused++;
        }
        bundle.oci(['delete', '--force', 'c']);
        expect(canary.fingerprint()).toBe(before);
      };
      for (let runs = 0; runs < 8; runs++) tryOnce();
      await flips.until('often');
      tryOnce();
      flips.signal('SIGKILL');
      await flips.outcome;
      expect(outcomes.ran + outcomes.refused).toBe(9);
    });
  }
});

test('nothing was mounted or made on the host', () => {
  expect(readFileSync('/proc/self/mountinfo', 'utf8')).not.toContain(home.path);
  expect(readdirSync(canary.path).sort()).toEqual(['bin', 'empty', 'etc', 'link', 'null']);
  expect(canary.fingerprint()).toBe(before);
});
