/** kill -9 at random moments: whatever died, the next command leaves nothing of it. */
import { spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as after } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, vi } from 'vitest';
import { fixture, tsrunPath } from '../support/fixture.ts';
import { makeHome } from '../support/home.ts';
import { requires } from '../support/requires.ts';
import { processesIn, untilNobodyIn } from '../support/store-processes.ts';
import { tsrun } from '../support/tsrun.ts';

vi.setConfig({ testTimeout: 900_000 });
const home = makeHome();
afterAll(() => home[Symbol.dispose]());
const test = requires();
const busybox = fixture('busybox.tar');
const env = { ...process.env, ...home.env };

/** Fewer where a run takes seconds; the seed makes a failure repeatable. */
const kills = Number(process.env['TSRUN_TESTS_KILLS'] ?? '200');
let seed = 20_260_101;
const random = (): number => {
  seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fff_ffff;
  return seed / 0x7fff_ffff;
};

const list = (directory: string): readonly string[] =>
  existsSync(join(home.store, directory)) ? readdirSync(join(home.store, directory)) : [];

/** Runs a command and kills it after a while. Resolves when it is gone. */
async function runAndKill(args: readonly string[], milliseconds: number): Promise<void> {
  const child = spawn(tsrunPath, args, { env, stdio: 'ignore' });
  const gone = new Promise((resolve) => child.once('close', resolve));
  await Promise.race([after(milliseconds), gone]);
  child.kill('SIGKILL');
  await gone;
}

describe('kill -9 of the command', () => {
  let usual = 0;
  beforeAll(async () => {
    await tsrun(['run', '--rm', busybox, 'true'], { env: home.env });
    const begin = performance.now();
    await tsrun(['run', '--rm', busybox, 'true'], { env: home.env });
    usual = performance.now() - begin;
  });

  test(`at ${kills} random moments of a run leaves nothing after the next command`, async () => {
    for (let i = 0; i < kills; i++) await runAndKill(['run', '--rm', busybox, 'true'], random() * usual * 1.2);
    // The monitor of the last one hears of it in its own time.
    await untilNobodyIn(home.store);
    const { exitCode, stderr } = await tsrun(['run', '--rm', '-q', busybox, 'true'], { env: home.env });
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(list('containers')).toEqual([]);
    expect(list('container-names')).toEqual([]);
    expect(processesIn(home.store)).toEqual([]);
  });

  test('while an image is unpacked leaves nothing half-made that is believed', async () => {
    const image = fixture('layers.tar');
    for (let i = 0; i < Math.ceil(kills / 8); i++) {
      await tsrun(['rmi', '--force', 'layers'], { env: home.env });
      await runAndKill(['run', '--rm', image, 'true'], random() * usual * 2);
    }
    await untilNobodyIn(home.store);
    const { stdout } = await tsrun(['run', '--rm', '-q', image, 'cat', '/data/kept', '/data/replaced', '/data/top'], {
      env: home.env,
    });
    expect(stdout).toBe('bottom\nmiddle\ntop\n');
    expect(list('pending')).toEqual([]);
    expect(list('tmp')).toEqual([]);
  });
});
