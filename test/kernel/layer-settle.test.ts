import { afterAll, describe, expect } from 'vitest';
import {
  archive,
  pax,
  rawDirectory,
  rawFile,
  rawHardLink,
  rawHeader,
  rawSymlink,
} from '../../rootfs-fixtures/layers/raw-tar.ts';
import { makeHome } from '../support/home.ts';
import { applyAll, type ListedFile, listMerged, listTree } from '../support/layers.ts';
import { requires } from '../support/requires.ts';

const home = makeHome();
afterAll(() => home[Symbol.dispose]());

const needs = requires('program-python3', 'subuid');

type Tree = Readonly<Record<string, ListedFile>>;
async function stacked(...layers: readonly Buffer[]): Promise<{ readonly merged: Tree; readonly top: Tree }> {
  const done = await applyAll(home.path, layers);
  return { merged: listMerged(home.path, done), top: listTree(done.at(-1) ?? '') };
}
const names = (tree: Tree): readonly string[] => Object.keys(tree);

describe('a parent without an entry', () => {
  const base = archive(
    rawDirectory('./', { mode: 0o711, mtime: 77 }),
    pax({ mtime: '5.25', 'SCHILY.xattr.user.a': 'v' }),
    rawDirectory('srv', { mode: 0o2770, uid: 12, gid: 34 }),
    rawFile('srv/old', 'old'),
  );
  const like = { mode: 0o2770, uid: 12, gid: 34, mtime: '5250000000', xattrs: { 'user.a': '76' } };
  needs('has the metadata of the topmost lower directory', async () => {
    const { merged, top } = await stacked(base, archive(rawFile('srv/new', 'new')));
    expect(top['srv']).toMatchObject(like);
    expect(names(merged)).toEqual(['.', 'srv', 'srv/new', 'srv/old']);
  });
  needs('the root too', async () => {
    const { merged } = await stacked(base, archive(rawFile('new', 'new')), archive(rawFile('newer', 'new')));
    expect(merged['.']).toMatchObject({ mode: 0o711, mtime: '77000000000' });
  });
  needs('also for a whiteout or an opaque mark in it', async () => {
    const { merged, top } = await stacked(base, archive(rawFile('srv/.wh.old')), archive(rawFile('srv/.wh..wh..opq')));
    expect(merged['srv']).toMatchObject({ mode: 0o2770, uid: 12 });
    expect(top['srv']?.mode).toBe(0o2770);
    expect(names(merged)).toEqual(['.', 'srv']);
  });
  needs("is root's with mode 0755 where a lower layer deleted the directory", async () => {
    const { merged } = await stacked(base, archive(rawFile('.wh.srv')), archive(rawFile('srv/new', 'new')));
    expect(merged['srv']).toMatchObject({ mode: 0o755, uid: 0, gid: 0 });
    expect(names(merged)).toEqual(['.', 'srv', 'srv/new']);
  });
  needs('is not taken from below an opaque directory', async () => {
    const deep = archive(rawDirectory('a'), rawDirectory('a/b', { mode: 0o700 }));
    const { merged } = await stacked(deep, archive(rawFile('a/.wh..wh..opq')), archive(rawFile('a/b/c', 'x')));
    expect(merged['a/b']?.mode).toBe(0o755);
  });
});

describe('a parent that is a symlink in a lower layer', () => {
  const usrMerge = archive(
    rawDirectory('usr/lib', { mode: 0o750 }),
    rawFile('usr/lib/old', 'old'),
    rawSymlink('lib', 'usr/lib'),
  );
  needs('is followed', async () => {
    const { merged, top } = await stacked(usrMerge, archive(rawFile('lib/new', 'new'), rawFile('lib/sub/deep', 'x')));
    expect(names(merged)).toEqual([
      '.',
      'lib',
      'usr',
      'usr/lib',
      'usr/lib/new',
      'usr/lib/old',
      'usr/lib/sub',
      'usr/lib/sub/deep',
    ]);
    expect(merged['lib']?.type).toBe('symlink');
    expect(merged['usr/lib']?.mode).toBe(0o750);
    expect(top).not.toHaveProperty('lib');
  });
  needs('whiteouts go along', async () => {
    const { merged } = await stacked(usrMerge, archive(rawFile('lib/.wh.old')));
    expect(names(merged)).toEqual(['.', 'lib', 'usr', 'usr/lib']);
  });
  needs('what the layer has on both paths is merged', async () => {
    const top = archive(
      rawFile('lib/d/one', '1'),
      rawDirectory('usr/lib/d', { mode: 0o711 }),
      rawFile('usr/lib/d/two', '2'),
    );
    const { merged } = await stacked(usrMerge, top);
    expect(names(merged)).toEqual(expect.arrayContaining(['usr/lib/d/one', 'usr/lib/d/two']));
    expect(merged['usr/lib/d']?.mode).toBe(0o711);
  });
  needs('absolute, chained and climbing symlinks stay in the root', async () => {
    const links = archive(rawSymlink('a', '/b'), rawSymlink('b', '../../../c/d'), rawDirectory('c/d', { uid: 3 }));
    const { merged } = await stacked(links, archive(rawFile('a/f', 'x')));
    expect(merged).toMatchObject({ 'c/d/f': { type: 'file' }, 'c/d': { uid: 3 }, a: { type: 'symlink' } });
  });
  needs('a symlink to nothing leads to a new directory', async () => {
    const { merged } = await stacked(archive(rawSymlink('a', 'not/there')), archive(rawFile('a/f', 'x')));
    expect(merged).toMatchObject({ 'not/there/f': { type: 'file' }, a: { type: 'symlink' } });
  });
  needs('a loop of symlinks is refused', async () => {
    const loop = archive(rawSymlink('a', 'b'), rawSymlink('b', 'a'));
    await expect(stacked(loop, archive(rawFile('a/f', 'x')))).rejects.toMatchObject({
      code: 'IMAGE_INVALID',
      message: 'cannot unpack the entry "a"',
    });
  });
  needs('an entry of the directory itself replaces the symlink', async () => {
    const { merged } = await stacked(usrMerge, archive(rawDirectory('lib'), rawFile('lib/new', 'new')));
    expect(merged).toMatchObject({ lib: { type: 'directory' }, 'lib/new': { type: 'file' } });
    expect(merged).not.toHaveProperty(['usr/lib/new']);
  });
});

describe('a hard link into a lower layer', () => {
  const base = archive(
    pax({ 'SCHILY.xattr.user.a': 'v', mtime: '9.5' }),
    rawFile('d/a', 'content', { mode: 0o4711, uid: 5, gid: 6 }),
    rawSymlink('s', 'd'),
  );
  needs('is the same file in the merged tree', async () => {
    const { merged, top } = await stacked(base, archive(rawHardLink('b', 'd/a')));
    const like = { size: 7, mode: 0o4711, uid: 5, gid: 6, mtime: '9500000000', xattrs: { 'user.a': '76' } };
    expect(merged['b']).toMatchObject(like);
    expect(merged['d/a']).toMatchObject(like);
    expect(top['b']?.link).toBe(top['d/a']?.link);
  });
  needs('links to the link are the same file too, also through a symlink', async () => {
    const { top } = await stacked(
      base,
      archive(rawHardLink('b', 's/a'), rawHardLink('c', 'b'), rawHardLink('e', 'd/a')),
    );
    expect(new Set([top['b']?.link, top['c']?.link, top['d/a']?.link]).size).toBe(1);
    expect(top['e']?.sha256).toBe(top['b']?.sha256);
  });
  needs('a later entry of the target does not change what was linked', async () => {
    const { merged } = await stacked(base, archive(rawHardLink('b', 'd/a'), rawFile('d/a', 'new content')));
    expect([merged['b']?.size, merged['d/a']?.size]).toEqual([7, 11]);
  });
  needs('a later entry of the link replaces it', async () => {
    const { merged } = await stacked(base, archive(rawHardLink('b', 'd/a'), rawFile('b', 'mine')));
    expect(merged['b']?.size).toBe(4);
  });
  needs('to a symlink links the symlink', async () => {
    const { merged } = await stacked(base, archive(rawHardLink('b', 's')));
    expect(merged['b']).toMatchObject({ type: 'symlink', target: 'd' });
  });
  needs('to what the layer deleted, to a directory, to nothing: refused by name', async () => {
    const refused = { code: 'IMAGE_INVALID', message: 'cannot unpack the entry "b"' };
    await expect(stacked(base, archive(rawFile('d/.wh.a'), rawHardLink('b', 'd/a')))).rejects.toMatchObject(refused);
    await expect(stacked(base, archive(rawHardLink('b', 'd')))).rejects.toMatchObject(refused);
    await expect(stacked(base, archive(rawHardLink('b', 'd/none')))).rejects.toMatchObject(refused);
    await expect(stacked(base, archive(rawHardLink('b', 'no/where/none')))).rejects.toMatchObject(refused);
  });
  needs('in a directory that moves along a symlink', async () => {
    const usrMerge = archive(rawFile('usr/lib/x', 'lib'), rawSymlink('lib', 'usr/lib'));
    const { merged, top } = await stacked(usrMerge, archive(rawHardLink('lib/y', 'lib/x')));
    expect(merged).toMatchObject({ 'usr/lib/y': { size: 3 }, 'usr/lib/x': { size: 3 }, lib: { type: 'symlink' } });
    expect(top['usr/lib/x']?.link).toBe(top['usr/lib/y']?.link);
  });
});

needs('a named pipe in a lower layer does not stop anything', async () => {
  const base = archive(rawHeader({ name: 'p', type: '6', mode: 0o600 }));
  const { merged } = await stacked(base, archive(rawHardLink('q', 'p')));
  expect(merged['q']?.type).toBe('fifo');
});
