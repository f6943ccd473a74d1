/** An archive that two readers take for two different ones: an entry in what is another's data (TARmageddon, CVE-2025-62518). */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect } from 'vitest';
import {
  archive,
  base256,
  gnuLong,
  pax,
  rawExtended,
  rawFile,
  rawHeader,
  rawSymlink,
} from '../../rootfs-fixtures/layers/raw-tar.ts';
import { makeHome } from '../support/home.ts';
import { applyOne, listTree } from '../support/layers.ts';
import { requires } from '../support/requires.ts';

const home = makeHome();
afterAll(() => home[Symbol.dispose]());
const needs = requires('subuid', 'program-python3');

/** What would come out, were data read as entries. */
const hidden = Buffer.concat([rawFile('hidden', 'owned'), rawSymlink('link', '/etc')]);
const length = String(hidden.length);

/** What GNU tar takes for entries. */
function listedByTar(bytes: Buffer): readonly string[] {
  const path = join(home.path, 'listed.tar');
  writeFileSync(path, bytes);
  return spawnSync('tar', ['-tf', path], { encoding: 'utf8' })
    .stdout.split('\n')
    .filter((name) => name !== '');
}

describe('an entry in the data of another', () => {
  const cases: readonly (readonly [string, Buffer])[] = [
    [
      'whose PAX size is right and whose header says 0',
      archive(pax({ size: length }), rawHeader({ name: 'f' }), hidden),
    ],
    [
      'whose PAX size is right and whose header says less',
      archive(pax({ size: length }), rawHeader({ name: 'f', size: 1 }), hidden),
    ],
    [
      'with another header between the size and its entry',
      archive(pax({ size: length }), gnuLong('L', 'f'), rawHeader({ name: 'x' }), hidden),
    ],
    ['with a size in base 256', archive(rawHeader({ name: 'f', size: base256(BigInt(hidden.length), 12) }), hidden)],
    [
      'of a sparse file',
      archive(
        pax({ 'GNU.sparse.size': '99999', 'GNU.sparse.map': `0,${length}` }),
        rawHeader({ name: 'f', size: hidden.length }),
        hidden,
      ),
    ],
    ['that is nothing but an archive with its end', archive(rawFile('f', archive(hidden)))],
  ];
  for (const [what, bytes] of cases) {
    needs(`${what} is data, as GNU tar reads it`, async () => {
      const { target } = await applyOne(home.path, bytes);
      expect(Object.keys(listTree(target)).sort()).toEqual(['.', 'f']);
      expect(listedByTar(bytes)).toEqual(['f']);
    });
  }
});

needs('a PAX size that is less than the header says wins, as with GNU tar: what follows are entries', async () => {
  const bytes = archive(pax({ size: '0' }), rawHeader({ name: 'f', size: hidden.length }), hidden);
  const { target } = await applyOne(home.path, bytes);
  expect(Object.keys(listTree(target)).sort()).toEqual(['.', 'f', 'hidden', 'link']);
  expect(listedByTar(bytes)).toEqual(['f', 'hidden', 'link']);
});

describe('what two readers would take for two archives is refused:', () => {
  const cases: readonly (readonly [string, Buffer])[] = [
    ['two sizes', archive(pax({ size: length }), pax({ size: '0' }), rawHeader({ name: 'f' }), hidden)],
    ['a size for all entries', archive(pax({ size: length }, 'g'), rawHeader({ name: 'f' }), hidden)],
    [
      'a size that is no number',
      archive(pax({ size: `0x${hidden.length.toString(16)}` }), rawHeader({ name: 'f' }), hidden),
    ],
    ['data behind a link', archive(rawHeader({ name: 'f', type: '1', linkname: 'g', size: hidden.length }), hidden)],
    ['data behind a directory', archive(rawHeader({ name: 'f/', type: '5', size: hidden.length }), hidden)],
    ['a lone zero block', archive(rawFile('f'), Buffer.alloc(512), hidden)],
    [
      'an extended header that ends before its records',
      archive(rawExtended('x', Buffer.from(`${length} size=1\n`)), rawFile('f')),
    ],
  ];
  for (const [what, bytes] of cases) {
    needs(what, async () => {
      await expect(applyOne(home.path, bytes)).rejects.toMatchObject({ code: 'IMAGE_INVALID' });
    });
  }
});
