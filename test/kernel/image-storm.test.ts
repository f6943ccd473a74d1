/** A store in which commands are killed with kill -9 at random moments while others work beside them. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as after } from 'node:timers/promises';
import { afterAll, expect, test, vi } from 'vitest';
import { oldDockerArchive } from '../../rootfs-fixtures/docker-archive.ts';
import { directory, file } from '../../rootfs-fixtures/entry.ts';
import { type Image, imageOf } from '../../rootfs-fixtures/image.ts';
import { tarOf } from '../../rootfs-fixtures/tar.ts';
import { fakeRegistry } from '../support/fake-registry.ts';
import { fixture, tsrunPath } from '../support/fixture.ts';
import { makeHome } from '../support/home.ts';
import { untilNobodyIn } from '../support/store-processes.ts';
import { tsrun } from '../support/tsrun.ts';

vi.setConfig({ testTimeout: 900_000 });
const home = makeHome();
afterAll(() => home[Symbol.dispose]());

/** So many commands die; more of them on request. */
const kills = Number(process.env['TSRUN_TESTS_STORM'] ?? '20');
/** The seed makes a failure repeatable, as far as a machine does. */
let seed = 20_261_122;
const random = (): number => {
  seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fff_ffff;
  return seed / 0x7fff_ffff;
};

/** A layer that takes a moment, which all of them share, and one of its own. */
function image(reference: string): Image {
  const many = Array.from({ length: 400 }, (_, n) => file(`etc/file-${n}`, `${n}\n`.repeat(1000)));
  return imageOf({ reference, layers: [[directory('etc'), ...many], [file('etc/own', `${reference}\n`)]], config: {} });
}

function archive(reference: string): string {
  const path = join(home.path, `${reference.replace(':', '-')}.tar`);
  writeFileSync(path, tarOf(oldDockerArchive([image(reference)])));
  return path;
}

async function ok(args: readonly string[]): Promise<string> {
  const outcome = await tsrun(args, { env: home.env });
  expect(outcome).toMatchObject({ exitCode: 0, stderr: '' });
  return outcome.stdout;
}

/** @returns whether it died of it */
async function killed(args: readonly string[], longest: number): Promise<boolean> {
  const child = spawn(tsrunPath, args, { stdio: 'ignore', env: { ...process.env, ...home.env } });
  const gone = once(child, 'exit');
  await Promise.race([after(random() * longest), gone]);
  child.kill('SIGKILL');
  await gone;
  return child.signalCode === 'SIGKILL';
}

test(`after kill -9 of ${kills} commands at random moments the store is whole`, async () => {
  mkdirSync(home.path, { recursive: true });
  const registry = await fakeRegistry(image('c:1'));
  try {
    const files = [archive('a:1'), archive('b:1'), fixture('layers.tar')];
    const name = `${registry.host}/team/c:1`;
    const commands = [
      ...files.map((path) => ['load', '-q', path]),
      ['pull', '-q', name],
      ['save', '-o', join(home.path, 'killed.tar'), 'a:1'],
      ['rmi', 'b:1'],
      ['rmi', name],
      ['image', 'prune', '-f'],
      ['run', '--rm', 'layers', 'true'],
    ];
    const begin = performance.now();
    await ok(['load', '-q', files[0] ?? '']);
    // Others run beside it.
    const longest = (performance.now() - begin) * 3;
    for (let died = 0; died < kills; ) {
      const ends = await Promise.all(commands.map((args) => killed(args, longest)));
      died += ends.filter(Boolean).length;
      // Whatever is stored is whole, also in between.
      expect(await ok(['image', 'verify'])).toMatch(/: nothing is wrong\n$/);
    }
    // The monitors of the last ones hear of it in their own time.
    await untilNobodyIn(home.store);
    for (const path of files) await ok(['load', '-q', path]);
    await ok(['pull', '-q', name]);
    expect(await ok(['image', 'verify'])).toMatch(/^4 images, \d+ layers: nothing is wrong\n$/);
    // One that is not killed, which may be the first for which there is a folder of containers.
    await ok(['run', '-q', '--rm', 'layers', 'true']);
    await untilNobodyIn(home.store);
    for (const directory of ['pending', 'tmp', 'containers']) {
      expect(readdirSync(join(home.store, directory))).toEqual([]);
    }
    expect(readdirSync(join(home.store, 'layers')).filter((entry) => entry.endsWith('.part'))).toEqual([]);
  } finally {
    await registry.close();
  }
});
