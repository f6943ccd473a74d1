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

/**
 * Whoever writes a bundle may name a link as a source, and mount(2) follows it: what the attributes are for, and what kind of thing the
 * destination is made as, must be what was opened, not what is at that path a moment later.
 */
describe('while the source of a bind mount flips', () => {
  const users =
    process.getuid?.() === 0 ? (['users of the host', 'users of its own'] as const) : (['its users'] as const);
  const other = join(home.path, 'other');
  mkdirSync(other);
  writeFileSync(join(other, 'file'), 'the other\n');
  const sources = { 'another directory': other, 'a file': join(other, 'file'), 'a mount of the host': '/proc' };
  const seen = /^(the directory|the other|a proc)\nro,nosuid,nodev,noexec,\S+\n$/;
  const hostsMount = () => readFileSync('/proc/self/mountinfo', 'utf8').match(/^.* \/proc rw.*$/gm);

  for (const user of users) {
    for (const [index, [kind, target]] of Object.entries(sources).entries()) {
      test(`between a directory and ${kind}, a container with ${user} has one of them, with all attributes`, async () => {
        const bundle = makeBundle(home.path);
        const shared = join(home.path, `source-${user.length}-${index}`);
        mkdirSync(join(shared, 'a'), { recursive: true });
        writeFileSync(join(shared, 'a', 'file'), 'the directory\n');
        bundle.configure((config) => {
          config.process.args = [
            'sh',
            '-c',
            `cd /tmp; if [ -f given ]; then cat given; elif [ -d given/self ]; then echo a proc; else cat given/file; fi
             (echo written >given || echo written >given/file || echo written >given/new) 2>/dev/null && echo written
             while read -r a b c d place options rest; do if [ $place = /tmp/given ]; then echo $options; fi; done </proc/self/mountinfo`,
          ];
          config.mounts.push({ destination: '/tmp', type: 'tmpfs' });
          const options = ['rbind', 'ro', 'nosuid', 'nodev', 'noexec'];
          config.mounts.push({ source: join(shared, 'a'), destination: '/tmp/given', options });
          if (user !== 'users of its own') return;
          config.linux.namespaces.push({ type: 'user' });
          const mappings = [{ containerID: 0, hostID: 100_000, size: 1000 }];
          Object.assign(config.linux, { uidMappings: mappings, gidMappings: mappings });
        });
        const mountBefore = hostsMount();
        const flips = new Running(spawn(flipper, [shared, target], { stdio: ['pipe', 'pipe', 'pipe'] }));
        await flips.until('flipping');
        const tryOnce = (): void => {
          expect(bundle.oci(['run', 'c'])).toMatchObject({
            stdout: expect.stringMatching(seen),
            stderr: '',
            status: 0,
          });
          bundle.oci(['delete', '--force', 'c']);
        };
        for (let runs = 0; runs < 4; runs++) tryOnce();
        await flips.until('often');
        tryOnce();
        flips.signal('SIGKILL');
        await flips.outcome;
        expect(hostsMount()).toEqual(mountBefore);
        expect(readdirSync(other)).toEqual(['file']);
        expect(readFileSync(join(other, 'file'), 'utf8')).toBe('the other\n');
      });
    }
  }
});

test('nothing was mounted or made on the host', () => {
  expect(readFileSync('/proc/self/mountinfo', 'utf8')).not.toContain(home.path);
  expect(readdirSync(canary.path).sort()).toEqual(['bin', 'empty', 'etc', 'link', 'null']);
  expect(canary.fingerprint()).toBe(before);
});
