/** The store under several hands: sharing, locking, removing, and a kill at any moment. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { oldDockerArchive } from '../../rootfs-fixtures/docker-archive.ts';
import { directory, type Entry, file } from '../../rootfs-fixtures/entry.ts';
import { imageOf } from '../../rootfs-fixtures/image.ts';
import { tarOf } from '../../rootfs-fixtures/tar.ts';
import type { ImageContext } from '../../src/image/context.ts';
import { inspectImage, listImages } from '../../src/image/list-images.ts';
import { loadImage } from '../../src/image/load-image.ts';
import { openImage } from '../../src/image/open-image.ts';
import { removeImage } from '../../src/image/remove-image.ts';
import { tsrunPath } from '../support/fixture.ts';
import { makeHome } from '../support/home.ts';
import { imageContext, progressLog } from '../support/image-context.ts';
import { requires } from '../support/requires.ts';

const home = makeHome();
const nobody = (): readonly string[] => [];
afterAll(() => home[Symbol.dispose]());
const files = join(home.path, 'files');
mkdirSync(files);

let store: string;
let paths: ImageContext['paths'];
beforeEach(() => {
  store = mkdtempSync(join(home.path, 'store-'));
  paths = { store, state: home.state };
});
const context = (changes: Partial<ImageContext> = {}): ImageContext => imageContext({ ...home, store }, changes);

const base: readonly Entry[] = [directory('etc'), file('etc/base', 'base\n')];
/** A docker-archive of one image: the base layer and one of its own for each name. */
function archive(reference: string, ...own: readonly string[]): string {
  const layers = [base, ...own.map((name) => [file(`etc/${name}`, `${name}\n`)])];
  const path = join(files, `${reference.replaceAll(/\W/g, '-')}.tar`);
  writeFileSync(path, tarOf(oldDockerArchive([imageOf({ reference, layers, config: {} })])));
  return path;
}
const layerCount = (): number => readdirSync(join(store, 'layers')).filter((name) => name.endsWith('.json')).length;

/** A store that was never made whole lacks directories. */
const list = (...path: readonly string[]): readonly string[] => {
  const directory = join(store, ...path);
  return existsSync(directory) ? readdirSync(directory) : [];
};

async function opened(argument: string) {
  const image = await openImage(argument, context());
  if (image.type !== 'layers') throw new Error('the image has layers');
  return image;
}

/** Everything in the store fits together, and nothing lies about. */
async function expectConsistent(): Promise<void> {
  for (const name of ['pending', 'tmp']) expect(list(name), name).toEqual([]);
  const images = await Promise.all((await listImages(paths)).map(({ id }) => inspectImage(paths, id)));
  const layers = list('layers');
  const directories = layers.filter((name) => !/\.(json|lock|split)$/.test(name));
  expect(layers.filter((name) => name.includes('.part') || name.startsWith('new-'))).toEqual([]);
  expect(layers).toHaveLength(directories.length * 4);
  for (const { id } of images) {
    const image = await openImage(id, context());
    if (image.type !== 'layers') throw new Error('a stored image has layers');
    closeSync(image.lock);
    for (const layer of image.layers) expect(existsSync(layer)).toBe(true);
  }
  const blobs = images.flatMap(({ id, manifest }) => [id, ...(manifest === null ? [] : [manifest])]);
  expect([...list('blobs', 'sha256')].sort()).toEqual(blobs.map((id) => id.slice(7)).sort());
}

describe('layers', () => {
  test('are stored once for all images that have them', async () => {
    await loadImage(archive('share:a', 'a'), context());
    await loadImage(archive('share:b', 'b'), context());
    expect(layerCount()).toBe(3);
    await expectConsistent();
  });

  test('are unpacked once when several open the same image at the same time', async () => {
    const path = archive('together:1', 'a', 'b', 'c');
    const { events, onProgress } = progressLog();
    const images = await Promise.all(Array.from({ length: 6 }, () => openImage(path, context({ onProgress }))));
    for (const image of images) if (image.type === 'layers') closeSync(image.lock);
    const unpacked = events.filter((event) => event.type === 'layer-done' && event.how === 'unpacked');
    expect(unpacked).toHaveLength(4);
    await expectConsistent();
  });

  test('of a root filesystem that is read twice at the same time become one', async () => {
    const path = join(files, 'rootfs.tar');
    writeFileSync(path, tarOf(base));
    const images = await Promise.all([1, 2, 3].map(() => openImage(path, context())));
    for (const image of images) if (image.type === 'layers') closeSync(image.lock);
    expect(layerCount()).toBe(1);
    await expectConsistent();
  });
});

describe('removing', () => {
  test('frees what no other image has', async () => {
    await loadImage(archive('keep:1', 'a'), context());
    await loadImage(archive('drop:1', 'a', 'b'), context());
    const [dropped] = await listImages(paths);
    expect(await removeImage(paths, 'drop:1', { force: false, usedBy: nobody })).toEqual([
      'Untagged: drop:1',
      `Deleted: ${dropped?.id}`,
    ]);
    expect(layerCount()).toBe(2);
    await expectConsistent();
    await removeImage(paths, 'keep:1', { force: false, usedBy: nobody });
    expect(layerCount()).toBe(0);
    await expectConsistent();
  });

  test('is refused while the image is in use, and possible afterwards', async () => {
    const image = await openImage(archive('used:1', 'a'), context());
    await expect(removeImage(paths, 'used:1', { force: true, usedBy: nobody })).rejects.toThrow(
      expect.objectContaining({ code: 'IMAGE_IN_USE' }),
    );
    await expectConsistent();
    if (image.type === 'layers') closeSync(image.lock);
    await removeImage(paths, 'used:1', { force: false, usedBy: nobody });
    expect(await listImages(paths)).toEqual([]);
  });

  test('a name of several says that the image stays', async () => {
    const path = archive('named:1', 'a');
    await loadImage(path, context());
    writeFileSync(path, tarOf(oldDockerArchive([imageOf({ reference: 'named:2', layers: [base], config: {} })])));
    const again = join(files, 'named-again.tar');
    const same = imageOf({ reference: 'named:again', layers: [base, [file('etc/a', 'a\n')]], config: {} });
    writeFileSync(again, tarOf(oldDockerArchive([same])));
    await loadImage(again, context());
    expect(await removeImage(paths, 'named:1', { force: false, usedBy: nobody })).toEqual([
      'Untagged: named:1 (the image is still named:again)',
    ]);
    expect(await listImages(paths)).toHaveLength(1);
  });

  test('an image with several names by its id needs force', async () => {
    const same = (reference: string) => ({ ...imageOf({ reference, layers: [base], config: {} }) });
    for (const name of ['two:1', 'two:2']) {
      const path = join(files, 'two.tar');
      writeFileSync(path, tarOf(oldDockerArchive([same(name)])));
      await loadImage(path, context());
    }
    const [image] = await listImages(paths);
    const id = image?.id ?? '';
    expect(image?.names).toEqual(['two:1', 'two:2']);
    await expect(removeImage(paths, id, { force: false, usedBy: nobody })).rejects.toThrow(/cannot remove/);
    expect(await removeImage(paths, id, { force: true, usedBy: nobody })).toHaveLength(3);
    await expectConsistent();
  });

  test('what is not there is an error', async () => {
    await expect(removeImage(paths, 'nothing', { force: false, usedBy: nobody })).rejects.toThrow(
      expect.objectContaining({ code: 'IMAGE_NOT_FOUND' }),
    );
  });

  test('and loading at the same time leave a store that fits together', async () => {
    const path = archive('both:1', 'a', 'b');
    await loadImage(path, context());
    const other = archive('both:2', 'a', 'b', 'c');
    await Promise.all([
      loadImage(other, context()),
      removeImage(paths, 'both:1', { force: true, usedBy: nobody }),
      loadImage(other, context()),
    ]);
    await expectConsistent();
    expect((await listImages(paths)).map(({ names }) => names)).toEqual([['both:2']]);
  });
});

test('an image is described with its names, size and layers', async () => {
  await loadImage(archive('described:1', 'a'), context());
  expect(await inspectImage(paths, 'described:1')).toMatchObject({
    names: ['described:1'],
    bytes: 'base\n'.length + 'a\n'.length,
    created: '2024-01-01T00:00:00Z',
    sources: [join(files, 'described-1.tar')],
    layers: [expect.stringMatching(/^sha256:/), expect.stringMatching(/^sha256:/)],
  });
});

describe('a stored image for another user namespace', () => {
  const single = { container: 0, host: process.getuid?.() ?? 0, size: 1 };
  const mapping = {
    type: 'new',
    uids: [single],
    gids: [{ ...single, host: process.getgid?.() ?? 0 }],
    writer: process.getuid?.() === 0 ? 'direct' : 'single',
  } as const;

  test('is unpacked again, from its own layers or the file it came from', async () => {
    const path = archive('again:1', 'a');
    const first = await openImage(path, context());
    const second = await openImage('again:1', context({ mapping }));
    for (const image of [first, second]) if (image.type === 'layers') closeSync(image.lock);
    expect(second).toMatchObject({ type: 'layers', names: ['again:1'] });
    expect('layers' in second && second.layers).not.toEqual('layers' in first && first.layers);
    await removeImage(paths, 'again:1', { force: false, usedBy: nobody });
    expect(layerCount()).toBe(0);
  });

  test('by an older tsrun, whose file is gone, says so', async () => {
    const path = archive('gone:1', 'a');
    await loadImage(path, context());
    rmSync(path);
    for (const name of list('layers')) if (name.endsWith('.split')) rmSync(join(store, 'layers', name));
    await expect(openImage('gone:1', context({ mapping }))).rejects.toThrow(expect.objectContaining({ code: 'STORE' }));
  });
});

test('after kill -9 at any moment of a load the store is whole, and the load can be done again', async () => {
  const many = Array.from({ length: 400 }, (_, index) => file(`etc/${index}`, 'x'.repeat(5000)));
  const image = imageOf({ reference: 'killed:1', layers: [[...base, ...many], [...many], [...many]], config: {} });
  const path = join(files, 'killed.tar');
  writeFileSync(path, tarOf(oldDockerArchive([image])));
  const env = { ...process.env, TSRUN_STORE: store, TSRUN_ROOT: home.state };
  let killed = 0;
  for (let round = 0; round < 12; round += 1) {
    const child = spawn(tsrunPath, ['load', '--quiet', path], { env, stdio: 'ignore' });
    const exit = once(child, 'exit');
    // A moment of the work rather than of the clock: when so many things have appeared in the store.
    await appeared(round, child);
    child.kill('SIGKILL');
    await exit;
    if (child.signalCode === 'SIGKILL') killed += 1;
    // Any command brings the store in order, unless a child between fork and exec still has the lock of the dead one.
    do await listImages(paths);
    while (list('pending').length > 0);
    await expectConsistent();
    for (const { id } of await listImages(paths)) await removeImage(paths, id, { force: true, usedBy: nobody });
  }
  expect(killed).toBeGreaterThan(0);
  await loadImage(path, context());
  await expectConsistent();
});

/** Resolves when the store has had `count` different entries, or the child has ended. */
async function appeared(count: number, child: { readonly exitCode: number | null }): Promise<void> {
  const seen = new Set<string>();
  while (seen.size < count && child.exitCode === null) {
    for (const name of ['', 'pending', 'layers', 'images', 'tmp', 'names', 'blobs/sha256']) {
      for (const entry of list(name)) seen.add(join(name, entry));
    }
    await new Promise(setImmediate);
  }
}

requires('rootless')('a store of somebody else is refused with what to do', async () => {
  chmodSync(store, 0);
  await expect(listImages(paths)).rejects.toThrow(
    expect.objectContaining({ code: 'STORE', hint: expect.stringContaining('TSRUN_STORE') }),
  );
  chmodSync(store, 0o700);
});

requires('subuid')('what a power cut may have emptied is unpacked again, from the file it came from', async () => {
  const path = archive('after:power-cut', 'own');
  const first = await opened(path);
  // As the next boot would find it: records of another boot, no word of a sync, and a file that never reached the disk.
  for (const name of readdirSync(join(store, 'layers')).filter((file) => file.endsWith('.json'))) {
    const record = JSON.parse(readFileSync(join(store, 'layers', name), 'utf8')) as object;
    const written = { boot: '11111111-2222-3333-4444-555555555555', at: '1' };
    writeFileSync(join(store, 'layers', name), JSON.stringify({ ...record, written }));
  }
  const lost = join(first.layers[0] ?? '', 'etc', 'base');
  truncateSync(lost);
  const again = await opened(first.id);
  expect(again.layers).toEqual(first.layers);
  expect(readFileSync(lost, 'utf8')).toBe('base\n');
  rmSync(path);
  closeSync(first.lock);
  closeSync(again.lock);
  await expectConsistent();
});
