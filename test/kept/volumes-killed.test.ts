/** kill -9 while volumes are made and filled: no anonymous one stays, no named one is lost or taken for whole when it is half. */
import { spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as after } from 'node:timers/promises';
import { afterAll, beforeAll, expect, vi } from 'vitest';
import { directory, file } from '../../rootfs-fixtures/entry.ts';
import { hostileImage } from '../security/hostile-image.ts';
import { tsrunPath } from '../support/fixture.ts';
import { KeptHome } from '../support/kept.ts';
import { requires } from '../support/requires.ts';
import { untilNobodyIn } from '../support/store-processes.ts';

vi.setConfig({ testTimeout: 600_000 });
const kept = new KeptHome();
const test = requires();
const volumes = join(kept.home.store, 'volumes');
const names = (): readonly string[] => (existsSync(volumes) ? readdirSync(volumes).toSorted() : []);

const count = 400;
const image = hostileImage(kept.home, 'many', {
  layers: [[directory('many'), ...Array.from({ length: count }, (_, i) => file(`many/${i}`, `${i}`.repeat(1000)))]],
  config: { Volumes: { '/many': {} } },
});
/** What a whole volume says of itself. */
const look = ['sh', '-c', 'cat /named/* | wc -c; ls /named | wc -l'];
const whole = `${Array.from({ length: count }, (_, i) => `${i}`.length * 1000).reduce((a, b) => a + b)}\n${count}`;
const flags = ['--rm', '-q', '--mount', 'source=named,target=/many', '-v', 'named:/named', '-v', '/other'];

beforeAll(async () => {
  expect(await kept.text('run', ...flags, image, ...look)).toBe(whole);
  await kept.text('volume', 'rm', 'named');
});
afterAll(() => kept.dispose());

let seed = 20_261_122;
const random = (): number => {
  seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fff_ffff;
  return seed / 0x7fff_ffff;
};

async function runAndKill(args: readonly string[], milliseconds: number): Promise<void> {
  const child = spawn(tsrunPath, args, { env: { ...process.env, ...kept.home.env }, stdio: 'ignore' });
  const gone = new Promise((resolve) => child.once('close', resolve));
  await Promise.race([after(milliseconds), gone]);
  child.kill('SIGKILL');
  await gone;
  // Its monitor hears of it in its own time.
  await untilNobodyIn(kept.home.store);
}

const rounds = Number(process.env['TSRUN_TESTS_KILLS'] ?? '200') / 20;

test(`of ${rounds} run --rm at random moments`, async () => {
  const begin = performance.now();
  expect(await kept.text('run', ...flags, image, ...look)).toBe(whole);
  const usual = performance.now() - begin;
  for (let i = 0; i < rounds; i++) {
    await kept.text('volume', 'rm', '-f', 'named');
    await runAndKill(['run', ...flags, image, ...look], random() * usual);
    // The next command that looks has everything removed that nobody has.
    await kept.text('ps', '-a');
    expect(names().filter((name) => name !== 'named')).toEqual([]);
    expect(await kept.text('run', ...flags, image, ...look)).toBe(whole);
    expect(readdirSync(join(volumes, 'named')).toSorted()).toEqual(['_data', 'volume.json']);
  }
  await kept.text('volume', 'rm', 'named');
  expect(names()).toEqual([]);
});

test(`of ${rounds} volume rm and volume prune at random moments`, async () => {
  for (let i = 0; i < rounds; i++) {
    await kept.text('run', ...flags, image, 'true');
    const verb = i % 2 === 0 ? ['rm', 'named'] : ['prune', '-af'];
    await runAndKill(['volume', ...verb], random() * 250);
    const left = await kept.text('volume', 'ls', '-q');
    // Still whole, or not there at all.
    expect(['', 'named']).toContain(left);
    expect(names()).toEqual(left === '' ? [] : ['named']);
    if (left !== '') expect(await kept.text('run', ...flags, image, ...look)).toBe(whole);
  }
  await kept.text('volume', 'rm', '-f', 'named');
});
