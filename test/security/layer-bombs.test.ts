import { readdirSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect } from 'vitest';
import {
  archive,
  base256,
  padded,
  pax,
  rawDirectory,
  rawFile,
  rawHeader,
  rawSymlink,
} from '../../rootfs-fixtures/layers/raw-tar.ts';
import { makeHome } from '../support/home.ts';
import { applyOne } from '../support/layers.ts';
import { requires } from '../support/requires.ts';

const home = makeHome();
afterAll(() => home[Symbol.dispose]());

const needs = requires('subuid');
async function fails(bytes: Buffer, expected: object): Promise<void> {
  await expect(applyOne(home.path, bytes)).rejects.toMatchObject(expected);
  expect(readdirSync(home.path)).toEqual([]);
}
/** applyOne allows 1 GiB of data and 16 GiB with holes. */
const sparse = (size: string): Buffer =>
  Buffer.concat([
    pax({ 'GNU.sparse.major': '1', 'GNU.sparse.minor': '0', 'GNU.sparse.realsize': size }),
    rawFile('s', padded(Buffer.from('0\n'))),
  ]);

describe('a layer that is more than it seems', () => {
  needs('a sparse file beyond the limit', () => fails(archive(sparse('20000000000')), { code: 'IMAGE_TOO_LARGE' }));
  needs('many sparse files beyond the limit together', () => {
    return fails(archive(...Array.from({ length: 20 }, () => sparse('1000000000'))), { code: 'IMAGE_TOO_LARGE' });
  });
  needs('a file that says 8 EiB and has nothing', () => {
    return fails(archive(rawHeader({ name: 'f', size: base256(1n << 63n, 12) })), { code: 'IMAGE_INVALID' });
  });
  needs('a gigabyte of zeros in a megabyte', async () => {
    // Members of 64 MiB each, one after the other.
    const zeros = gzipSync(Buffer.alloc(64 << 20), { level: 1 });
    const start = gzipSync(rawHeader({ name: 'f', size: base256(1n << 40n, 12) }));
    await fails(Buffer.concat([start, ...Array.from({ length: 17 }, () => zeros)]), { code: 'IMAGE_TOO_LARGE' });
  });
  needs('names nested too deeply', () => {
    return fails(archive(pax({ path: 'd/'.repeat(600) }), rawDirectory('d')), {
      code: 'IMAGE_INVALID',
      why: 'it lies more than 512 directories deep',
    });
  });
  needs('names too long for the kernel', async () => {
    await fails(archive(pax({ path: 'n'.repeat(256) }), rawFile('f')), {
      code: 'IMAGE_INVALID',
      why: 'a part of its name is longer than 255 bytes',
    });
    await fails(archive(pax({ path: `${'n'.repeat(250)}/`.repeat(17) }), rawDirectory('d')), { code: 'IMAGE_INVALID' });
    await fails(archive(pax({ linkpath: 'n'.repeat(5000) }), rawSymlink('s', 'x')), { code: 'IMAGE_INVALID' });
  });
  needs('symlinks that expand without end', () => {
    // Each doubles the way to go; resolution is bounded as the kernel's is.
    const links = Array.from({ length: 60 }, (_, i) => rawSymlink(`l${i}`, `l${i + 1}/../l${i + 1}`));
    return fails(archive(...links, rawFile('l0/f', 'x')), { code: 'IMAGE_INVALID' });
  });
});
