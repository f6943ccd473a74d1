/** What is stored, checked, repaired, told of and packed. */
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { oldDockerArchive } from '../../rootfs-fixtures/docker-archive.ts';
import { directory, file } from '../../rootfs-fixtures/entry.ts';
import { imageOf } from '../../rootfs-fixtures/image.ts';
import { tarOf } from '../../rootfs-fixtures/tar.ts';
import { fixture } from '../support/fixture.ts';
import { makeHome } from '../support/home.ts';
import { asLayerRoot } from '../support/layers.ts';
import { type Outcome, tsrun } from '../support/tsrun.ts';

const home = makeHome();
afterAll(() => home[Symbol.dispose]());
let store: string;
beforeEach(() => {
  store = mkdtempSync(join(home.path, 'store-'));
});
const run = (args: readonly string[], at = store): Promise<Outcome> =>
  tsrun(args, { env: { ...home.env, TSRUN_STORE: at } });

async function ok(args: readonly string[], at = store): Promise<string> {
  const outcome = await run(args, at);
  expect(outcome).toMatchObject({ exitCode: 0, stderr: '' });
  return outcome.stdout;
}

/** An image of a layer that all of them share and one of its own. */
function archive(reference: string): string {
  const layers = [[directory('etc'), file('etc/base', 'base\n')], [file('etc/own', `${reference}\n`)]];
  const path = join(mkdtempSync(join(home.path, 'files-')), 'image.tar');
  writeFileSync(path, tarOf(oldDockerArchive([imageOf({ reference, layers, config: {} })])));
  return path;
}

function damage(path: string): void {
  const layers = join(store, 'layers');
  const name = readdirSync(layers).find((one) => existsSync(join(layers, one, path)));
  asLayerRoot(['sh', '-euc', 'printf "BASE\\n" > "$1"', 'sh', join(layers, name ?? '', path)]);
}

describe('image verify', () => {
  test('names the file of the layer that is not what it was, and --repair unpacks it again', async () => {
    await ok(['load', '-q', archive('a:1')]);
    await ok(['load', '-q', archive('b:1')]);
    expect(await ok(['image', 'verify'])).toBe('2 images, 3 layers: nothing is wrong\n');
    damage('etc/base');
    const found = await run(['image', 'verify']);
    expect(found.exitCode).toBe(1);
    expect(found.stdout).toMatch(/^the layer [0-9a-f]{12}: "etc\/base" holds something else\n/);
    const repaired = await run(['image', 'verify', '--repair']);
    expect(repaired).toMatchObject({ exitCode: 0, stderr: '' });
    expect(repaired.stdout).toMatch(/Repaired: sha256:.*\n2 images, 3 layers: nothing is wrong\n$/s);
    expect(await ok(['image', 'verify'])).toBe('2 images, 3 layers: nothing is wrong\n');
  });

  test('takes nothing away of what cannot be had again', async () => {
    const path = archive('a:1');
    await ok(['load', '-q', path]);
    rmSync(path);
    damage('etc/base');
    const before = readdirSync(join(store, 'layers')).sort();
    const { exitCode, stderr } = await run(['image', 'verify', '--repair']);
    expect(exitCode).toBe(1);
    expect(stderr).toContain('what it came from is gone');
    expect(readdirSync(join(store, 'layers')).sort()).toEqual(before);
  });

  test('repairs a config that holds something else', async () => {
    await ok(['load', '-q', archive('a:1')]);
    const blobs = join(store, 'blobs', 'sha256');
    writeFileSync(join(blobs, readdirSync(blobs)[0] ?? ''), '{}');
    expect((await run(['image', 'verify'])).stdout).toMatch(/^the config [0-9a-f]{12} holds something else\n/);
    expect((await run(['image', 'verify', '--repair'])).stdout).toMatch(/nothing is wrong\n$/);
  });
});

describe('told of images', () => {
  test('tag gives one more name to an image', async () => {
    await ok(['load', '-q', archive('a:1')]);
    await ok(['tag', 'a:1', 'team/b']);
    expect(await ok(['images', '--format', '{{.Repository}}:{{.Tag}}'])).toBe('a:1\nteam/b:latest\n');
    expect((await run(['tag', 'nothing', 'c'])).stderr).toContain('cannot find the stored image "nothing"');
  });

  test('history has a line for each layer, the newest first', async () => {
    await ok(['load', '-q', fixture('layers.tar')]);
    const layers = JSON.parse(await ok(['inspect', 'layers']))[0].RootFS.Layers as readonly string[];
    const told = await ok(['history', '--no-trunc', '--format', '{{.Layer}}', 'layers']);
    expect(
      told
        .trim()
        .split('\n')
        .filter((line) => line !== ''),
    ).toEqual(layers.toReversed());
  });

  test('image tree draws a layer that several share once', async () => {
    await ok(['load', '-q', archive('a:1')]);
    await ok(['load', '-q', archive('b:1')]);
    expect(await ok(['image', 'tree'])).toMatch(/^\w{12} {2}5B\n├─ \w{12} {2}4B {2}b:1\n└─ \w{12} {2}4B {2}a:1\n$/);
  });
});

test('what image pack wrote is restored elsewhere by image unpack: the same images, under all their names', async () => {
  await ok(['load', '-q', archive('a:1')]);
  await ok(['load', '-q', fixture('layers.tar')]);
  await ok(['tag', 'a:1', 'also:2']);
  const list = ['images', '--no-trunc', '--format', '{{.ID}} {{.Repository}}:{{.Tag}}'];
  for (const compression of ['zstd', 'gzip']) {
    const packed = join(mkdtempSync(join(home.path, 'out-')), 'cache');
    await ok(['image', 'pack', '--compression', compression, '-o', packed]);
    const other = mkdtempSync(join(home.path, 'other-'));
    await ok(['image', 'unpack', '-q', packed], other);
    const sorted = async (at: string) => (await ok(list, at)).trim().split('\n').sort();
    expect(await sorted(other)).toEqual(await sorted(store));
    expect(await ok(['image', 'verify'], other)).toMatch(/nothing is wrong\n$/);
  }
});
