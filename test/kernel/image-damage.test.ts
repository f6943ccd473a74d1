/** Images that are not what they say: each gets a clear error, and nothing of it stays in the store. */
import { spawn } from 'node:child_process';
import {
  chmodSync,
  createReadStream,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { compress } from '../../rootfs-fixtures/compress.ts';
import { oldDockerArchive } from '../../rootfs-fixtures/docker-archive.ts';
import { directory, type Entry, file } from '../../rootfs-fixtures/entry.ts';
import { imageOf } from '../../rootfs-fixtures/image.ts';
import { multiPlatformLayout, ociLayout } from '../../rootfs-fixtures/oci-layout.ts';
import { writeDirectory } from '../../rootfs-fixtures/output.ts';
import { tarOf } from '../../rootfs-fixtures/tar.ts';
import type { ErrorCode } from '../../src/errors/tsrun-error.ts';
import type { ImageContext } from '../../src/image/context.ts';
import { loadImage } from '../../src/image/load-image.ts';
import { openImage } from '../../src/image/open-image.ts';
import { makeHome } from '../support/home.ts';
import { imageContext } from '../support/image-context.ts';
import { requires } from '../support/requires.ts';

const home = makeHome();
afterAll(() => home[Symbol.dispose]());
const files = join(home.path, 'files');
mkdirSync(files);

const noise = (seed: number): Buffer =>
  Buffer.from(Array.from({ length: 40_000 }, (_, index) => (index * index * seed) % 251));
const image = imageOf({
  reference: 'damaged:latest',
  layers: [[directory('etc'), file('etc/noise', noise(3))], [file('etc/more', noise(7))]],
  config: { Cmd: ['sh'] },
});
const oci = ociLayout([image]);
const docker = oldDockerArchive([image]);

const written = (bytes: Buffer, name = 'image.tar'): string => {
  const path = join(files, name);
  writeFileSync(path, bytes);
  return path;
};
const edited = (entries: readonly Entry[], edit: (entry: Extract<Entry, { type: 'file' }>) => Buffer | null): Buffer =>
  tarOf(
    entries.flatMap((entry): readonly Entry[] => {
      if (entry.type !== 'file') return [entry];
      const content = edit(entry);
      return content === null ? [] : [{ ...entry, content }];
    }),
  );
const text = (bytes: Buffer): string => bytes.toString('utf8');
const isManifest = (bytes: Buffer): boolean => text(bytes.subarray(0, 2000)).includes('"layers":[');
const flipped = (bytes: Buffer): Buffer => {
  const copy = Buffer.from(bytes);
  copy[copy.length >> 1] = (copy[copy.length >> 1] ?? 0) ^ 1;
  return copy;
};

async function refused(argument: string, code: ErrorCode, words: RegExp, changes: Partial<ImageContext> = {}) {
  const error: unknown = await openImage(argument, imageContext({ ...home, store }, changes)).catch(
    (error: unknown) => error,
  );
  expect(error).toMatchObject({ name: 'TsrunError', code });
  const { message, why, hint } = error as Readonly<Record<'message' | 'why' | 'hint', string | null>>;
  expect(`${message}\n${why}`).toMatch(words);
  // Who stops it knows why.
  if (code !== 'ABORTED') expect(hint, 'the third line').not.toBeNull();
}

/** Every test has a store of its own, and leaves nothing in it. */
let store: string;
beforeEach(() => {
  store = mkdtempSync(join(home.path, 'store-'));
});
afterEach(() => {
  for (const name of ['blobs/sha256', 'images', 'layers', 'names', 'pending', 'tmp']) {
    expect(existsSync(join(store, name)) ? readdirSync(join(store, name)) : [], name).toEqual([]);
  }
});

describe('a file that is no image', () => {
  test.each([
    ['an empty file', Buffer.alloc(0), /is empty/],
    ['text', Buffer.from('hello\n'), /is not a tar archive/],
    ['a program', Buffer.from('\x7fELF\x02\x01\x01'), /looks like an executable/],
    ['an error page', Buffer.from('<!DOCTYPE html><html>'), /HTML/],
    ['an empty gzip', compress(Buffer.alloc(0), 'gzip'), /decompressed, is empty/],
    ['compressed text', compress(Buffer.from('hello'), 'gzip'), /decompressed, is not a tar/],
    ['a tar without members', tarOf([]), /is empty/],
  ])('%s', async (_what, bytes, words) => {
    await refused(written(bytes), 'IMAGE_INVALID', words);
    await refused('-', 'IMAGE_INVALID', words, { stdin: createReadStream(join(files, 'image.tar')) });
  });

  test('a device', () => refused('/dev/null', 'IMAGE_UNSUPPORTED', /neither a file nor a directory/));

  test('an empty directory', async () => {
    mkdirSync(join(files, 'empty'));
    await refused(join(files, 'empty'), 'IMAGE_INVALID', /is empty/);
  });
});

describe('a truncated archive', () => {
  const whole = tarOf(oci);
  test.each([0.1, 0.3, 0.5])('after %d of its length', async (part) => {
    await refused(written(whole.subarray(0, Math.floor(whole.length * part))), 'IMAGE_INVALID', /cut short|missing/);
  });

  test.each(['gzip', 'zstd', 'xz', 'bzip2'] as const)('in %s', async (compression) => {
    const bytes = compress(whole, compression);
    await refused(
      written(bytes.subarray(0, Math.floor(bytes.length * 0.6))),
      'IMAGE_INVALID',
      /^cannot read "\/.*": truncated/,
    );
  });

  test('that is a root filesystem', async () => {
    const rootfs = tarOf([directory('etc'), file('etc/noise', noise(3))]);
    await refused(written(rootfs.subarray(0, 30_000)), 'IMAGE_INVALID', /cut short|truncated/);
    await refused(written(compress(rootfs, 'gzip').subarray(0, 300)), 'IMAGE_INVALID', /truncated/);
    await refused('-', 'IMAGE_INVALID', /truncated/, { stdin: Readable.from([rootfs.subarray(0, 30_000)]) });
  });

  test('whose layer was truncated before it was archived', async () => {
    const short = edited(docker, ({ path, content }) =>
      path.endsWith('layer.tar') ? content.subarray(0, 20_000) : content,
    );
    await refused(written(short), 'IMAGE_INVALID', /truncated/);
  });
});

describe('a blob that is not what its digest says', () => {
  test.each([
    ['the manifest', isManifest],
    ['the config', (bytes: Buffer) => text(bytes).includes('"rootfs"')],
    ['a layer', (bytes: Buffer) => bytes[0] === 0x1f],
  ])('%s', async (_what, isIt) => {
    const bytes = edited(oci, ({ path, content }) =>
      path.startsWith('blobs/') && isIt(content) ? flipped(content) : content,
    );
    await refused(written(bytes), 'IMAGE_INVALID', /digest|damaged/);
  });

  test('a config of a docker-archive', async () => {
    const bytes = edited(docker, ({ path, content }) =>
      /^[0-9a-f]{64}\.json$/.test(path) ? flipped(content) : content,
    );
    await refused(written(bytes), 'IMAGE_INVALID', /digest/);
  });

  test('a layer with another diff id', async () => {
    const bytes = edited(docker, ({ path, content }) => (path.endsWith('layer.tar') ? flipped(content) : content));
    await refused(written(bytes), 'IMAGE_INVALID', /diffID|content/);
  });

  test('a blob that is longer than its descriptor says', async () => {
    const bytes = edited(oci, ({ content }) =>
      content[0] === 0x1f ? Buffer.concat([content, Buffer.alloc(9)]) : content,
    );
    await refused(written(bytes), 'IMAGE_INVALID', /descriptor says/);
  });

  test('a layer, not compressed, that is longer than its descriptor says', async () => {
    const plain = imageOf({ reference: 'plain:1', layers: [[file('a', 'a')]], config: {}, compression: 'none' });
    const isTar = (bytes: Buffer): boolean => bytes.subarray(257, 262).toString() === 'ustar';
    const bytes = edited(ociLayout([plain]), ({ content }) =>
      isTar(content) ? Buffer.concat([content, Buffer.alloc(512)]) : content,
    );
    await refused(written(bytes), 'IMAGE_INVALID', /descriptor says/);
  });

  test('a link to another file of the host, whose contents the error does not show', async () => {
    const isIt = (entry: Entry): boolean =>
      entry.type === 'file' && entry.path.startsWith('blobs/') && isManifest(entry.content);
    const manifest = oci.find(isIt)?.path ?? '';
    writeDirectory(
      files,
      'linked',
      oci.filter((entry) => !isIt(entry)),
    );
    symlinkSync('/etc/passwd', join(files, 'linked', manifest));
    const error: unknown = await openImage(join(files, 'linked'), imageContext({ ...home, store })).catch(
      (error: unknown) => error,
    );
    expect(error).toMatchObject({ code: 'IMAGE_INVALID' });
    expect(JSON.stringify(error)).not.toContain('root:');
  });
});

describe('documents that do not fit', () => {
  const replaced = (from: RegExp, to: string, entries = docker): Buffer =>
    edited(entries, ({ path, content }) =>
      /\.json$/.test(path) ? Buffer.from(text(content).replace(from, to)) : content,
    );

  test('fewer layers than diff ids', async () => {
    await refused(written(replaced(/,"[0-9a-f]{64}\/layer\.tar"\]/, ']')), 'IMAGE_INVALID', /1 layers.*2 diff ids/);
  });

  test('a layer that is missing', async () => {
    const bytes = edited(docker, ({ path, content }) => (path.endsWith('layer.tar') ? null : content));
    await refused(written(bytes), 'IMAGE_INVALID', /layer\.tar" is missing/);
  });

  test.each([
    ['manifest', isManifest],
    ['layer', (bytes: Buffer) => bytes[0] === 0x1f],
  ])('a blob that is missing: the %s', async (_what, isIt) => {
    const bytes = edited(oci, ({ path, content }) => (path.startsWith('blobs/') && isIt(content) ? null : content));
    await refused(written(bytes), 'IMAGE_INVALID', /is missing/);
  });

  test('a layer outside of the archive', async () => {
    const bytes = replaced(/"[0-9a-f]{64}\/layer\.tar"/, '"../../etc/passwd"');
    await refused(written(bytes), 'IMAGE_INVALID', /inside the archive/);
  });

  test('no index.json', async () => {
    const bytes = edited(oci, ({ path, content }) => (path === 'index.json' ? null : content));
    await refused(written(bytes), 'IMAGE_INVALID', /index\.json" is missing/);
  });

  test('a digest that would be a path', async () => {
    const bytes = replaced(/sha256:[0-9a-f]{64}/, `sha256:../../../etc/passwd`, oci);
    await refused(written(bytes), 'IMAGE_INVALID', /digest/);
  });

  test('an unknown media type', async () => {
    const bytes = replaced(/application\/vnd\.oci\.image\.manifest\.v1\+json/, 'application/x-strange', oci);
    await refused(written(bytes), 'IMAGE_UNSUPPORTED', /application\/x-strange/);
  });

  test('an index that is a manifest too', async () => {
    await refused(written(replaced(/"manifests"/, '"layers":[],"manifests"', oci)), 'IMAGE_INVALID', /both/);
  });

  test('a document that is too large to be one', async () => {
    const bytes = edited(docker, ({ path, content }) =>
      path === 'manifest.json' ? Buffer.concat([content, Buffer.alloc(9 * 1024 * 1024, 0x20)]) : content,
    );
    await refused(written(bytes), 'IMAGE_INVALID', /bytes long/);
  });

  test('an old docker-archive without a manifest.json', async () => {
    const old = [file('repositories', '{}'), directory('a'.repeat(64))];
    await refused(written(tarOf(old)), 'IMAGE_UNSUPPORTED', /docker before 1\.10/);
  });

  test('attestations are no images', async () => {
    const only = multiPlatformLayout([{ ...image, architecture: 'unknown' }], 'a:b');
    const unknown = edited(only, ({ content }) => content);
    await refused(written(unknown), 'IMAGE_PLATFORM', /unknown/);
  });
});

describe('more than the limits allow', () => {
  const path = (): string => written(tarOf(oci));

  test('in one layer', () =>
    refused(path(), 'IMAGE_TOO_LARGE', /./, { limits: { maxBytes: 20_000, maxEntries: 1000 } }));

  test('in all layers together', () =>
    refused(path(), 'IMAGE_TOO_LARGE', /./, { limits: { maxBytes: 60_000, maxEntries: 1000 } }));

  test('in files', () => refused(path(), 'IMAGE_TOO_LARGE', /./, { limits: { maxBytes: 1e9, maxEntries: 2 } }));

  test('in an archive that is compressed', async () => {
    const bomb = compress(tarOf([directory('blobs'), file('blobs/zeros', Buffer.alloc(80 * 2 ** 20))]), 'gzip');
    await refused(written(bomb), 'IMAGE_TOO_LARGE', /limit/, { limits: { maxBytes: 1000, maxEntries: 10 } });
  });
});

test('loading several images of which one is damaged leaves none half stored', async () => {
  const other = imageOf({ reference: 'damaged:other', layers: [[file('x', noise(11))]], config: {} });
  const entries = oldDockerArchive([other, image]);
  const bytes = edited(entries, ({ path, content }) => (path.endsWith('layer.tar') ? flipped(content) : content));
  await expect(loadImage(written(bytes), imageContext({ ...home, store }))).rejects.toThrow(
    expect.objectContaining({ code: 'IMAGE_INVALID' }),
  );
});

describe('stopped by the caller', () => {
  test('while standard input is silent', async () => {
    const stop = new AbortController();
    const stdin = new Readable({ read: () => {} });
    stdin.push(tarOf(oci).subarray(0, 1000));
    const opening = openImage('-', imageContext({ ...home, store }, { stdin, signal: stop.signal }));
    stop.abort();
    await expect(opening).rejects.toThrow(expect.objectContaining({ code: 'ABORTED' }));
  });

  test('while a layer is unpacked', async () => {
    const stop = new AbortController();
    const onProgress = (event: { readonly type: string }): void => {
      if (event.type === 'layer') stop.abort();
    };
    await refused(written(tarOf(oci)), 'ABORTED', /stopped/, { signal: stop.signal, onProgress });
  });
});

requires('rootless')('a file that may not be read is named with the reason', async () => {
  const path = written(tarOf(oci), 'secret.tar');
  chmodSync(path, 0);
  await refused(path, 'IMAGE_INVALID', /permission denied/i);
});

test('a pipe with a name is read as a stream', async () => {
  const path = join(files, 'pipe');
  spawn('sh', ['-c', 'mkfifo "$1" && exec cat "$2" > "$1"', 'sh', path, written(Buffer.from('hello\n'))]);
  for (; !readdirSync(files).includes('pipe'); await new Promise(setImmediate));
  await refused(path, 'IMAGE_INVALID', /is not a tar archive/);
});
