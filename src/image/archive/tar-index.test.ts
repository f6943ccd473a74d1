import { type FileHandle, mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { directory, file, symlink } from '../../../rootfs-fixtures/entry.ts';
import { tarOf } from '../../../rootfs-fixtures/tar.ts';
import { recogniseBytes } from './first-bytes.ts';
import { mayBeImageArchive } from './first-member.ts';
import { memberName } from './member-name.ts';
import { tarFiles } from './tar-files.ts';
import { indexTar } from './tar-index.ts';

let scratch: string;
let handle: FileHandle | undefined;
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'tsrun-test-'));
});
afterAll(async () => {
  await handle?.close();
  await rm(scratch, { recursive: true });
});

async function indexOf(bytes: Buffer) {
  await handle?.close();
  await writeFile(join(scratch, 'a.tar'), bytes);
  handle = await open(join(scratch, 'a.tar'));
  return { file: handle, index: await indexTar(handle, bytes.length, 'a.tar') };
}

/** A pax header before the entry whose header follows. */
function pax(records: string): Buffer {
  const header = tarOf([file('PaxHeader', records)]).subarray(0, 1024);
  header.write('x', 156);
  header.fill(' ', 148, 156);
  const sum = header.subarray(0, 512).reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return header;
}

describe('the index of a tar', () => {
  test('finds files by offset, with ./ and without', async () => {
    const { file: tar, index } = await indexOf(
      tarOf([directory('.'), file('./blobs/a', 'first'), file('b', 'x'.repeat(70_000)), file('c', 'last')]),
    );
    const files = tarFiles(tar, index, 'a.tar');
    expect(Buffer.from(await files.read('blobs/a')).toString()).toBe('first');
    expect(Buffer.from(await files.read('c')).toString()).toBe('last');
    expect(await files.size('b')).toBe(70_000);
    expect(await files.size('missing')).toBeNull();
    expect(await files.topLevel()).toEqual(new Set(['blobs', 'b', 'c']));
  });

  test('follows the links that docker save wrote, and no circle', async () => {
    const { file: tar, index } = await indexOf(
      tarOf([file('one/layer.tar', 'data'), symlink('two/layer.tar', '../one/layer.tar'), symlink('loop', 'loop')]),
    );
    const files = tarFiles(tar, index, 'a.tar');
    expect(Buffer.from(await files.read('two/layer.tar')).toString()).toBe('data');
    expect(await files.size('loop')).toBeNull();
  });

  test('takes names and sizes from pax records', async () => {
    const record = '25 path=very/long/name.x\n';
    const { index } = await indexOf(Buffer.concat([pax(record), tarOf([file('short', 'data')])]));
    expect([...index.keys()]).toEqual(['very/long/name.x']);
  });

  test('of members with one name keeps the last', async () => {
    const { file: tar, index } = await indexOf(tarOf([file('a', 'old'), file('a', 'new')]));
    expect(Buffer.from(await tarFiles(tar, index, 'a.tar').read('a')).toString()).toBe('new');
  });

  test('refuses an archive that ends within a file', async () => {
    const whole = tarOf([file('a', 'x'.repeat(5000))]);
    await expect(indexOf(whole.subarray(0, 3000))).rejects.toThrow('cut short');
  });

  test('refuses an archive that goes on with something else', async () => {
    const whole = tarOf([file('a', 'data')]);
    whole.fill(0xaa, 1024, 1536);
    await expect(indexOf(whole)).rejects.toThrow('damaged');
  });

  test('refuses a size that no file has', async () => {
    const whole = tarOf([file('a', 'data')]);
    // Base 256, all ones: a negative number.
    whole.fill(0xff, 124, 136);
    whole.fill(' ', 148, 156);
    const sum = whole.subarray(0, 512).reduce((total, byte) => total + byte, 0);
    whole.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
    await expect(indexOf(whole)).rejects.toThrow(expect.objectContaining({ code: 'IMAGE_INVALID' }));
  });
});

test.each([
  ['./a//b/', 'a/b'],
  ['a/../b', 'b'],
  ['.', null],
  ['../a', null],
  ['/a', 'a'],
])('the member name of %s is %s', (name, member) => {
  expect(memberName(name)).toBe(member);
});

describe('the first members tell', () => {
  const hex = 'a'.repeat(64);
  test.each([
    ['an OCI layout', [directory('blobs'), file('index.json', '{}')], true],
    ['a docker-archive', [directory(hex), file(`${hex}/json`, '{}')], true],
    ['what crane writes', [file(`sha256:${hex}`, '{}')], true],
    ['a layout in a directory of its own', [directory('image'), directory('image/blobs')], true],
    ['a root filesystem', [directory('bin'), file('bin/sh', '')], false],
    ['a root filesystem with /home/blobs', [directory('home'), directory('home/user')], false],
  ])('%s', (_what, entries, expected) => {
    expect(mayBeImageArchive(tarOf(entries))).toBe(expected);
  });
});

describe('the first bytes tell', () => {
  test.each([
    ['a tar', tarOf([file('a', 'b')]), { type: 'tar' }],
    ['gzip', Buffer.from([0x1f, 0x8b, 8, 0]), { type: 'compressed' }],
    ['nothing', Buffer.alloc(0), { type: 'empty' }],
    ['an executable', Buffer.from('\x7fELF....'), { type: 'other', looksLike: 'an executable' }],
    ['an error page', Buffer.from('<!doctype html>'), { type: 'other', looksLike: 'an HTML or XML page' }],
    ['anything', Buffer.from('hello'), { type: 'other', looksLike: null }],
  ])('%s', (_what, bytes, expected) => {
    expect(recogniseBytes(bytes)).toEqual(expected);
  });
});
