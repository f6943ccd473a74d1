/**
 * Containers that change what is on the way while their files are copied (CVE-2018-15664): a copy out reads files of the
 * container alone, a copy in writes there alone.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, vi } from 'vitest';
import { KeptHome } from '../support/kept.ts';
import { requires } from '../support/requires.ts';
import { plantCanary } from './canary.ts';
import { hostileImage, program } from './hostile-image.ts';

vi.setConfig({ testTimeout: 300_000 });
const test = requires();
const kept = new KeptHome();
const canary = plantCanary(kept.home);
const before = canary.fingerprint();
/** What is copied in, and what was copied out: apart, or each round would copy in what all before it took out. */
const source = join(kept.home.path, 'source');
const host = join(kept.home.path, 'host');
let image: string;
beforeAll(() => {
  mkdirSync(host);
  mkdirSync(source);
  writeFileSync(join(source, 'mine'), 'copied in\n');
  image = hostileImage(kept.home, 'race', { layers: [[program(kept.home, 'flip-link')]] });
});
afterAll(() => kept.dispose());

const targets = {
  'a link to the canary': canary.path,
  'a link that climbs to it': `${'../'.repeat(12)}${canary.path.slice(1)}`,
  'a link through procfs': `/proc/1/root${canary.path}`,
};

describe('while a container flips a directory', () => {
  for (const [index, [kind, target]] of Object.entries(targets).entries()) {
    // The host's processes are in the container's procfs then, and their roots are.
    for (const pid of target.startsWith('/proc/') ? ['private', 'host'] : ['private']) {
      test(`100,000 times to ${kind}, with ${pid} processes, no copy leaves it`, async () => {
        const name = `flips-${index}-${pid}`;
        const way = [
          'sh',
          '-c',
          'mkdir -p /srv/a/etc; echo inside >/srv/a/etc/hosts; exec flip-link /srv "$0"',
          target,
        ];
        await kept.text('run', '-dq', '--name', name, ...(pid === 'host' ? ['--pid', 'host'] : []), image, ...way);
        await kept.untilLogged(name, 'flipping');
        let outside = 0;
        let inside = 0;
        const often = kept.untilLogged(name, 'often').then(() => {
          outside = 1;
        });
        for (let round = 0; round < 8 || outside === 0 || inside === 0; round++) {
          const out = join(host, `${name}-${round}`);
          await kept.run('cp', `${name}:/srv/a/etc/hosts`, out);
          if (existsSync(out)) {
            inside += 1;
            expect(readFileSync(out, 'utf8')).toMatch(/^(inside|copied in)\n$/);
          }
          await kept.run('cp', '-L', `${name}:/srv/a`, `${out}-tree`);
          await kept.run('cp', join(source, 'mine'), `${name}:/srv/a/etc/hosts`);
          await kept.run('cp', join(source, '.'), `${name}:/srv/a`);
        }
        await often;
        expect(inside).toBeGreaterThan(0);
        expect(canary.fingerprint()).toBe(before);
        expect(spawnSync('grep', ['-rl', canary.secret, host]).stdout.toString()).toBe('');
        await kept.text('rm', '-f', name);
      });
    }
  }
});
