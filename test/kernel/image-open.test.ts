/** Every kind of image argument, from a file to directories that can be mounted. */
import { closeSync, createReadStream, lstatSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { type Compression, compress } from '../../rootfs-fixtures/compress.ts';
import { newDockerArchive, oldDockerArchive } from '../../rootfs-fixtures/docker-archive.ts';
import { directory, type Entry, file } from '../../rootfs-fixtures/entry.ts';
import { type Image, imageOf, sha256, thisArchitecture } from '../../rootfs-fixtures/image.ts';
import { multiPlatformLayout, ociLayout } from '../../rootfs-fixtures/oci-layout.ts';
import { writeDirectory } from '../../rootfs-fixtures/output.ts';
import { tarOf } from '../../rootfs-fixtures/tar.ts';
import type { ImageContext } from '../../src/image/context.ts';
import type { ReadyImage } from '../../src/image/image.ts';
import { loadImage } from '../../src/image/load-image.ts';
import { openImage } from '../../src/image/open-image.ts';
import { makeHome } from '../support/home.ts';
import { imageContext, progressLog } from '../support/image-context.ts';

const home = makeHome();
afterAll(() => home[Symbol.dispose]());
const files = join(home.path, 'files');
mkdirSync(files);

const bottom: readonly Entry[] = [directory('etc'), file('etc/name', 'bottom\n'), directory('bin')];
const top: readonly Entry[] = [file('etc/name', 'top\n')];
const small = (
  reference: string,
  changes: { readonly architecture?: string; readonly layers?: readonly Entry[][] } = {},
) => imageOf({ reference, layers: [[...bottom], [...top]], config: { Cmd: ['sh'], User: 'bob' }, ...changes });
const written = (name: string, bytes: Buffer): string => {
  const path = join(files, name);
  writeFileSync(path, bytes);
  return path;
};

interface Indexed {
  readonly image: Image;
  readonly platform: { readonly os: string; readonly architecture: string } | null;
}

/** A layout whose index.json leads through `depth` indexes to manifests with or without a platform. */
function indexed(images: readonly Indexed[], depth = 2): readonly Entry[] {
  const blobs = new Map<string, Buffer>();
  const add = (mediaType: string, bytes: Buffer) => {
    blobs.set(sha256(bytes), bytes);
    return {
      mediaType: `application/vnd.oci.image.${mediaType}`,
      digest: `sha256:${sha256(bytes)}`,
      size: bytes.length,
    };
  };
  const json = (value: object): Buffer => Buffer.from(JSON.stringify({ schemaVersion: 2, ...value }));
  let manifests: readonly object[] = images.map(({ image, platform }) => ({
    ...add(
      'manifest.v1+json',
      json({
        config: add('config.v1+json', image.config),
        layers: image.layers.map(({ bytes }) => add('layer.v1.tar+gzip', bytes)),
      }),
    ),
    ...(platform === null ? {} : { platform }),
  }));
  for (let level = 0; level < depth; level += 1) manifests = [add('index.v1+json', json({ manifests }))];
  return [
    file('oci-layout', '{"imageLayoutVersion":"1.0.0"}'),
    file('index.json', json({ manifests })),
    ...[...blobs].map(([digest, bytes]) => file(`blobs/sha256/${digest}`, bytes)),
  ];
}

/** Opens, lets go of the lock, and says what the topmost layer has. */
async function opened(argument: string, changes: Partial<ImageContext> = {}): Promise<ReadyImage> {
  const image = await openImage(argument, imageContext(home, changes));
  if (image.type === 'layers') closeSync(image.lock);
  return image;
}
const layersOf = (image: ReadyImage): readonly string[] => (image.type === 'layers' ? image.layers : []);
const nameIn = (image: ReadyImage): string =>
  readFileSync(join(layersOf(image).at(-1) ?? 'no layer', 'etc', 'name'), 'utf8');

const archives: readonly (readonly [string, readonly Entry[]])[] = [
  ['OCI layout', ociLayout([small('layouts:oci')])],
  ['docker-archive of docker 24', oldDockerArchive([small('layouts:old')])],
  ['docker-archive of docker 25', newDockerArchive([small('layouts:new')])],
  ['OCI layout below ./', ociLayout([small('layouts:dot')]).map((entry) => ({ ...entry, path: `./${entry.path}` }))],
  [
    'OCI layout in a directory of its own',
    [
      directory('image'),
      ...ociLayout([small('layouts:own')]).map((entry) => ({ ...entry, path: `image/${entry.path}` })),
    ],
  ],
];
const compressions: readonly Compression[] = ['none', 'gzip', 'zstd', 'xz', 'bzip2'];

describe.each(archives)('a tar of an %s', (what, entries) => {
  test.each(compressions)('compressed with %s is opened', async (compression) => {
    const path = written(`${what.replaceAll(/\W/g, '-')}.${compression}`, compress(tarOf(entries), compression));
    const image = await opened(path);
    expect(nameIn(image)).toBe('top\n');
    expect(layersOf(image)).toHaveLength(2);
    expect(image.config).toMatchObject({ cmd: ['sh'], user: 'bob' });
  });

  test.each(['none', 'gzip'] as const)('on standard input (%s) is opened', async (compression) => {
    const path = written('stdin', compress(tarOf(entries), compression));
    expect(nameIn(await opened('-', { stdin: createReadStream(path, { highWaterMark: 777 }) }))).toBe('top\n');
  });
});

test('an OCI layout as a directory is opened, also by tag', async () => {
  const layout = join(files, 'layout');
  writeDirectory(files, 'layout', ociLayout([small('app:one'), small('app:two', { layers: [[...bottom]] })]));
  expect(layersOf(await opened(`${layout}:one`))).toHaveLength(2);
  expect(layersOf(await opened(`${layout}:two`))).toHaveLength(1);
});

describe('a root filesystem', () => {
  const entries = [...bottom, file('bin/sh', readFileSync('/proc/self/exe').subarray(0, 64), 0o755)];
  const name = 'minirootfs-3.20.tar';

  test.each(compressions)('compressed with %s is an image with a config made up', async (compression) => {
    const image = await opened(written(`${compression}-${name}`, compress(tarOf(entries), compression)));
    expect(nameIn(image)).toBe('bottom\n');
    expect(image.config).toMatchObject({ cmd: ['/bin/sh'], architecture: thisArchitecture, os: 'linux' });
    expect(image.config.env[0]).toMatch(/^PATH=/);
  });

  test('is the same image however it was compressed, and named after its file', async () => {
    const plain = await opened(written(name, tarOf(entries)));
    const gzip = await opened(written(`${name}.gz`, compress(tarOf(entries), 'gzip')));
    expect(layersOf(gzip)).toEqual(layersOf(plain));
    expect(layersOf(await opened('minirootfs:3.20'))).toEqual(layersOf(plain));
  });

  test('with /manifest.json and /index.json is no image archive', async () => {
    const odd = [...bottom, file('manifest.json', '[]'), file('index.json', '{}'), directory('blobs')];
    expect(nameIn(await opened(written('odd.tar', tarOf(odd))))).toBe('bottom\n');
    // The same where only the beginning can be seen.
    const reversed = [...odd].reverse();
    expect(nameIn(await opened(written('odd.tar.gz', compress(tarOf(reversed), 'gzip'))))).toBe('bottom\n');
  });

  test('as a directory is used where it is', async () => {
    const path = join(files, 'tree');
    mkdirSync(join(path, 'bin'), { recursive: true });
    expect(await opened(path)).toMatchObject({ type: 'directory', path });
  });

  test('takes no selector', async () => {
    await expect(opened(`${written(name, tarOf(entries))}:latest`)).rejects.toThrow(
      expect.objectContaining({ code: 'IMAGE_NOT_FOUND' }),
    );
  });
});

describe('several images in one archive', () => {
  const images = [small('several:one'), small('several:two', { layers: [[...bottom], [file('etc/name', 'two\n')]] })];
  const path = written('several.tar', tarOf(oldDockerArchive(images)));

  test('are refused with the list of what to type', async () => {
    await expect(opened(path)).rejects.toThrow(
      expect.objectContaining({
        code: 'IMAGE_AMBIGUOUS',
        hint: `choose one: ${path}:several:one, ${path}:several:two`,
      }),
    );
  });

  test('are chosen from standard input too', async () => {
    expect(nameIn(await opened('-:several:two', { stdin: createReadStream(path) }))).toBe('two\n');
  });

  test.each(['two', 'several:two', 'docker.io/library/several:two'])('are chosen by "%s"', async (selector) => {
    expect(nameIn(await opened(`${path}:${selector}`))).toBe('two\n');
  });

  test('are all loaded, and found by their names', async () => {
    const loaded = await loadImage(path, imageContext(home));
    expect(loaded.map(({ names }) => names)).toEqual([['several:one'], ['several:two']]);
    expect(nameIn(await opened('several:two'))).toBe('two\n');
  });
});

describe('an image index', () => {
  const other = thisArchitecture === 'amd64' ? 'arm64' : 'amd64';
  const forPlatform = (architecture: string) =>
    small('platforms:latest', { architecture, layers: [[...bottom], [file('etc/name', `${architecture}\n`)]] });
  const path = written('platforms.tar', tarOf(multiPlatformLayout([other, thisArchitecture].map(forPlatform), 'p:1')));

  test('gives what this machine runs', async () => {
    expect(nameIn(await opened(path))).toBe(`${thisArchitecture}\n`);
  });

  test('gives the platform asked for', async () => {
    expect(nameIn(await opened(path, { platform: `linux/${other}` }))).toBe(`${other}\n`);
  });

  test('without the platform asked for says what it has', async () => {
    await expect(opened(path, { platform: 'linux/s390x' })).rejects.toThrow(
      expect.objectContaining({ code: 'IMAGE_PLATFORM', why: expect.stringContaining('linux/arm64') }),
    );
  });

  test('may lack the blobs of other platforms, as what docker saves', async () => {
    const entries = multiPlatformLayout([other, thisArchitecture].map(forPlatform), 'p:1');
    const foreign = forPlatform(other);
    const lost = [foreign.config, foreign.layers[1]?.bytes ?? Buffer.alloc(0)].map(sha256);
    const sparse = entries.filter(({ path }) => !lost.some((digest) => path.endsWith(digest)));
    expect(nameIn(await opened(written('sparse.tar', tarOf(sparse))))).toBe(`${thisArchitecture}\n`);
  });

  test('may be nested, and have attestations and images whose platform only their config says', async () => {
    const entries = indexed([
      { image: forPlatform(other), platform: null },
      { image: forPlatform(thisArchitecture), platform: null },
      { image: forPlatform('unknown'), platform: { os: 'unknown', architecture: 'unknown' } },
    ]);
    expect(nameIn(await opened(written('nested.tar', tarOf(entries))))).toBe(`${thisArchitecture}\n`);
  });

  test('nested without end is refused', async () => {
    const entries = indexed([{ image: forPlatform(thisArchitecture), platform: null }], 6);
    await expect(opened(written('deep.tar', tarOf(entries)))).rejects.toThrow(
      expect.objectContaining({ code: 'IMAGE_INVALID', why: expect.stringContaining('nested') }),
    );
  });

  test('is not needed for an image of another platform to be refused', async () => {
    const foreign = written('foreign.tar', tarOf(oldDockerArchive([forPlatform(other)])));
    await expect(opened(foreign)).rejects.toThrow(expect.objectContaining({ code: 'IMAGE_PLATFORM' }));
    expect(nameIn(await opened(foreign, { platform: `linux/${other}` }))).toBe(`${other}\n`);
  });
});

describe('a file opened again', () => {
  const path = written('warm.tar', tarOf(ociLayout([small('warm:latest')])));

  test('is not read again', async () => {
    // A file is remembered when it was not written in the very tick it is read in.
    const isRemembered = async (): Promise<boolean> => {
      await opened(path);
      return readdirSync(join(home.store, 'arguments')).includes(cacheName());
    };
    const cacheName = (): string => {
      const { dev, ino } = lstatSync(path, { bigint: true });
      return `${dev.toString(16)}-${ino.toString(16)}.json`;
    };
    while (!(await isRemembered()));
    const { events, onProgress } = progressLog();
    expect(nameIn(await opened(path, { onProgress }))).toBe('top\n');
    expect(events).toEqual([]);
  });

  test('is read again when it changed', async () => {
    const layers = [[...bottom], [file('etc/name', 'new\n')]];
    writeFileSync(path, tarOf(ociLayout([small('warm:latest', { layers })])));
    expect(nameIn(await opened(path))).toBe('new\n');
    expect(nameIn(await opened('warm'))).toBe('new\n');
  });
});

describe('a stored image', () => {
  test('is found by the beginning of its id and by what people type', async () => {
    const path = written('stored.tar', tarOf(oldDockerArchive([small('stored:1.0')])));
    const image = await opened(path);
    const id = image.type === 'layers' ? image.id : '';
    for (const typed of [
      'stored:1.0',
      'docker.io/stored:1.0',
      'library/stored:1.0',
      id,
      id.slice(7, 19),
      id.slice(0, 20),
    ]) {
      expect(layersOf(await opened(typed)), typed).toEqual(layersOf(image));
    }
  });

  test('that is not there: the error says what was tried and what is near', async () => {
    await opened(written('near.tar', tarOf(oldDockerArchive([small('nearby:1.0')]))));
    const hint = (typed: string) =>
      opened(typed, { pull: 'never' }).catch((error: unknown) => (error as { hint: string }).hint);
    expect(await hint('nearby')).toBe('did you mean "nearby:1.0"?');
    expect(await hint('neraby:1.0')).toBe('did you mean "nearby:1.0"?');
    expect(await hint(join(files, 'naer.tar'))).toBe(`did you mean "${join(files, 'near.tar')}"?`);
  });
});

test('progress tells of every layer, and of what was there already', async () => {
  const shared = small('progress:1');
  const more = small('progress:2', { layers: [[...bottom], [...top], [file('etc/more', 'x')]] });
  await opened(written('p1.tar', tarOf(oldDockerArchive([shared]))));
  const { events, onProgress } = progressLog();
  await opened(written('p2.tar', tarOf(oldDockerArchive([more]))), { onProgress });
  expect(events[0]).toMatchObject({ type: 'start' });
  expect(events.filter(({ type }) => type === 'layer-done')).toHaveLength(3);
  expect(events).toContainEqual({ type: 'layer-done', index: 0, how: 'already-there' });
  expect(events).toContainEqual({ type: 'layer-done', index: 2, how: 'unpacked' });
  expect(events.at(-1)).toEqual({ type: 'done' });
});
