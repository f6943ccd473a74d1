import { afterAll, describe, expect } from 'vitest';
import {
  archive,
  base256,
  gnuLong,
  pax,
  rawDirectory,
  rawFile,
  rawHardLink,
  rawHeader,
  rawSymlink,
} from '../../rootfs-fixtures/layers/raw-tar.ts';
import { removeTree } from '../../src/image/layer/apply-layer.ts';
import { makeHome } from '../support/home.ts';
import { applyOne, type ListedFile, listTree, ownMapping, singleMapping } from '../support/layers.ts';
import { requires } from '../support/requires.ts';

const home = makeHome();
afterAll(() => home[Symbol.dispose]());

const needs = requires('program-python3', 'subuid');
const asRoot = requires('root', 'program-python3');
const asUser = requires('rootless', 'program-python3', 'subuid');

async function unpacked(...parts: readonly Buffer[]): Promise<Readonly<Record<string, ListedFile>>> {
  return listTree((await applyOne(home.path, archive(...parts))).target);
}
const opaqueName = ownMapping().type === 'host' ? 'trusted.overlay.opaque' : 'user.overlay.opaque';
const isOpaque = (file: ListedFile | undefined): boolean => file?.xattrs?.[opaqueName] === '79';
const whiteout = { type: 'char', device: [0, 0] };

describe('entries', () => {
  needs('every kind of entry arrives with its metadata', async () => {
    const tree = await unpacked(
      rawDirectory('d', { mode: 0o1777, uid: 5, gid: 6, mtime: 1000 }),
      rawFile('d/file', 'content', { mode: 0o640, uid: 7, gid: 8, mtime: 2000 }),
      rawSymlink('d/link', 'anywhere/../at all', { uid: 9, gid: 10, mtime: 3000 }),
      rawHardLink('d/hard', 'd/file'),
      rawHeader({ name: 'd/pipe', type: '6', mode: 0o600, uid: 1, gid: 2, mtime: 4000 }),
    );
    expect(tree).toMatchObject({
      d: { type: 'directory', mode: 0o1777, uid: 5, gid: 6, mtime: '1000000000000' },
      'd/file': { type: 'file', mode: 0o640, uid: 7, gid: 8, mtime: '2000000000000', size: 7, link: 'd/file' },
      'd/hard': { type: 'file', link: 'd/file' },
      'd/link': { type: 'symlink', target: 'anywhere/../at all', uid: 9, gid: 10, mtime: '3000000000000' },
      'd/pipe': { type: 'fifo', mode: 0o600, uid: 1, gid: 2, mtime: '4000000000000' },
    });
  });
  needs('setuid, setgid and sticky survive the change of owner', async () => {
    const tree = await unpacked(
      rawFile('su', 'x', { mode: 0o4755 }),
      rawFile('sg', 'x', { mode: 0o2755, uid: 1, gid: 1 }),
      rawDirectory('dir', { mode: 0o3775, uid: 1, gid: 1 }),
    );
    expect([tree['su']?.mode, tree['sg']?.mode, tree['dir']?.mode]).toEqual([0o4755, 0o2755, 0o3775]);
  });
  needs('a setgid directory does not pass its group on to what comes below', async () => {
    const tree = await unpacked(rawDirectory('d', { mode: 0o2775, gid: 50 }), rawFile('d/f', 'x'), rawDirectory('d/e'));
    expect(tree).toMatchObject({ 'd/f': { gid: 0 }, 'd/e': { gid: 0, mode: 0o755 } });
  });
  needs('times keep their nanoseconds, directories too, before 1970 too', async () => {
    const tree = await unpacked(
      pax({ mtime: '1700000000.123456789' }),
      rawDirectory('d'),
      pax({ mtime: '-1.5' }),
      rawFile('d/old', 'x'),
      pax({ mtime: '5.000000001' }),
      rawSymlink('d/l', 'x'),
    );
    expect(tree).toMatchObject({
      d: { mtime: '1700000000123456789' },
      'd/old': { mtime: '-1500000000' },
      'd/l': { mtime: '5000000001' },
    });
  });
  needs('names are bytes', async () => {
    const name = '\xff\xfe\n\x1b[31m \xe4';
    expect(await unpacked(rawFile(name, 'x'))).toHaveProperty([name]);
  });
  needs('names of 255 bytes in paths beyond 1000', async () => {
    const path = Array.from({ length: 5 }, (_, i) => String(i).repeat(255)).join('/');
    expect(await unpacked(gnuLong('L', path), rawFile('short', 'x'))).toHaveProperty([path]);
  });
  needs('"./", "//", "/" and trailing slashes are only ways to write a name', async () => {
    const tree = await unpacked(
      rawDirectory('./', { mode: 0o711 }),
      rawDirectory('.//a/./b/'),
      rawFile('/a/b//c', 'x'),
    );
    expect(Object.keys(tree)).toEqual(['.', 'a', 'a/b', 'a/b/c']);
    expect(tree['.']?.mode).toBe(0o711);
  });
  needs('extended attributes and file capabilities', async () => {
    // cap_net_raw=ep, revision 2
    const capability = Buffer.from('0100000200200000000000000000000000000000', 'hex');
    const tree = await unpacked(
      pax({ 'SCHILY.xattr.user.a': Buffer.from([0, 255]), 'SCHILY.xattr.security.capability': capability }),
      rawFile('f', 'x', { uid: 3 }),
      pax({ 'SCHILY.xattr.user.d': 'dir' }),
      rawDirectory('d'),
    );
    expect(tree['f']?.xattrs).toMatchObject({ 'user.a': '00ff' });
    expect(tree['f']?.xattrs?.['security.capability']).toMatch(/^0[01]00000[23]0020/);
    expect(tree['d']?.xattrs).toEqual({ 'user.d': Buffer.from('dir').toString('hex') });
  });
  needs('a sparse file stays sparse', async () => {
    const map = Buffer.alloc(512);
    map.write(`1\n${64 << 20}\n3\n`);
    const sparse = { 'GNU.sparse.major': '1', 'GNU.sparse.minor': '0', 'GNU.sparse.realsize': String(128 << 20) };
    const tree = await unpacked(pax(sparse), rawFile('s', Buffer.concat([map, Buffer.from('abc')])));
    expect(tree['s']).toMatchObject({ size: 128 << 20, sparse: true });
  });
  asRoot('devices are made as root', async () => {
    const tree = await unpacked(rawHeader({ name: 'null', type: '3', major: 1, minor: 3, mode: 0o666 }));
    expect(tree['null']).toMatchObject({ type: 'char', device: [1, 3], mode: 0o666 });
  });
  asRoot("root unpacks for a user namespace of a container's own", async () => {
    const shifted = [{ container: 0, host: 300_000, size: 65_536 }];
    const mapping = { type: 'new', writer: 'direct', uids: shifted, gids: shifted } as const;
    const bytes = archive(
      rawFile('f', 'x', { uid: 5, gid: 6, mode: 0o4755 }),
      rawDirectory('d'),
      rawFile('d/.wh..wh..opq'),
    );
    const { target } = await applyOne(home.path, bytes, [], mapping);
    const tree = listTree(target);
    expect(tree['f']).toMatchObject({ uid: 300_005, gid: 300_006, mode: 0o4755 });
    expect(tree['.']).toMatchObject({ uid: 300_000, gid: 300_000 });
    expect(tree['d']?.xattrs).toEqual({ 'user.overlay.opaque': '79' });
    await removeTree(target, mapping);
  });
  asUser('devices are left out and counted as an ordinary user', async () => {
    const bytes = archive(rawHeader({ name: 'null', type: '3', major: 1, minor: 3 }), rawFile('f', 'x'));
    const { target, layer } = await applyOne(home.path, bytes);
    expect(layer.skippedDevices).toBe(1);
    expect(Object.keys(listTree(target))).toEqual(['.', 'f']);
  });
  asUser("with one id all files are root's, and no setuid bit is passed on", async () => {
    const bytes = archive(rawFile('f', 'x', { uid: 5, gid: 0, mode: 0o6755 }));
    const { target } = await applyOne(home.path, bytes, [], singleMapping());
    expect(listTree(target)['f']).toMatchObject({ uid: 0, gid: 0, mode: 0o2755 });
  });
  asUser('an owner beyond the mapped range is an error that names the file', async () => {
    const bytes = archive(rawFile('f', 'x', { uid: base256(3_000_000_000n, 8) }));
    await expect(applyOne(home.path, bytes)).rejects.toMatchObject({
      code: 'HOST_UNSUPPORTED',
      message: 'cannot give "f" its owner 3000000000:0',
    });
  });
});

describe('within a layer the last entry wins', () => {
  needs('file over file, and links to the first one keep its content', async () => {
    const tree = await unpacked(rawFile('f', 'one'), rawHardLink('g', 'f'), rawFile('f', 'other'));
    expect([tree['f']?.size, tree['g']?.size]).toEqual([5, 3]);
  });
  needs('a directory that becomes a file and a directory again', async () => {
    const tree = await unpacked(
      rawDirectory('x'),
      rawFile('x/deep/er', 'x'),
      rawFile('x', 'file'),
      rawDirectory('x', { mode: 0o700 }),
      rawFile('x/new', 'x'),
    );
    expect(Object.keys(tree)).toEqual(['.', 'x', 'x/new']);
    expect(tree['x']?.mode).toBe(0o700);
  });
  needs('a directory replaces a symlink', async () => {
    const tree = await unpacked(rawDirectory('real'), rawSymlink('x', 'real'), rawDirectory('x'), rawFile('x/f', 'f'));
    expect(Object.keys(tree)).toEqual(['.', 'real', 'x', 'x/f']);
  });
  needs('a second entry of a directory keeps what is in it', async () => {
    const tree = await unpacked(rawDirectory('d'), rawFile('d/f', 'f'), rawDirectory('d', { mode: 0o700 }));
    expect(tree).toMatchObject({ d: { mode: 0o700 }, 'd/f': { type: 'file' } });
  });
  needs('a symlink of the layer is followed for what lies below, inside the root', async () => {
    const tree = await unpacked(rawDirectory('usr/lib'), rawSymlink('lib', '/usr/lib'), rawFile('lib/f', 'f'));
    expect(tree['usr/lib/f']?.type).toBe('file');
  });
  needs('a hard link to a symlink links the symlink', async () => {
    const tree = await unpacked(rawSymlink('s', 'nowhere'), rawHardLink('h', 's'));
    expect(tree['h']).toMatchObject({ type: 'symlink', target: 'nowhere', link: 'h' });
  });
});

describe('whiteouts', () => {
  const base = archive(rawDirectory('d'), rawFile('d/a', 'a'), rawFile('d/b', 'b'), rawFile('f', 'f'));
  const over = async (...parts: readonly Buffer[]): Promise<Readonly<Record<string, ListedFile>>> => {
    const { target: below } = await applyOne(home.path, base);
    return listTree((await applyOne(home.path, archive(...parts), [below])).target);
  };
  needs('become character devices 0:0', async () => {
    expect(await over(rawDirectory('d'), rawFile('d/.wh.a'), rawFile('.wh.f'))).toMatchObject({
      'd/a': whiteout,
      f: whiteout,
    });
  });
  needs('an opaque directory gets the mark overlayfs reads', async () => {
    const tree = await over(rawDirectory('d'), rawFile('d/.wh..wh..opq'), rawFile('d/new', 'n'));
    expect(isOpaque(tree['d'])).toBe(true);
    expect(Object.keys(tree)).toEqual(['.', 'd', 'd/new']);
  });
  needs('a whiteout does not remove a file of its own layer, before or after it', async () => {
    const tree = await over(rawFile('f', 'new'), rawFile('.wh.f'), rawFile('d/.wh.a'), rawFile('d/a', 'new'));
    expect(tree).toMatchObject({ f: { type: 'file', size: 3 }, 'd/a': { type: 'file', size: 3 } });
  });
  needs('a directory made anew in the same layer is opaque', async () => {
    const before = await over(rawFile('.wh.d'), rawDirectory('d'), rawFile('d/new', 'n'));
    const after = await over(rawDirectory('d'), rawFile('d/new', 'n'), rawFile('.wh.d'));
    const implied = await over(rawFile('.wh.d'), rawFile('d/new', 'n'));
    for (const tree of [before, after, implied]) {
      expect(isOpaque(tree['d'])).toBe(true);
      expect(tree['d/new']?.type).toBe('file');
    }
  });
  needs('a whiteout of what no lower layer has leaves nothing', async () => {
    const tree = await over(rawFile('.wh.nothing'), rawDirectory('d'), rawFile('d/.wh..wh..opq'), rawFile('d/.wh.a'));
    expect(Object.keys(tree)).toEqual(['.', 'd']);
  });
  needs('an opaque root hides the lower root name by name', async () => {
    const tree = await over(rawFile('.wh..wh..opq'), rawFile('d/new', 'n'));
    expect(tree).toMatchObject({ f: whiteout, 'd/new': { type: 'file' } });
    expect(isOpaque(tree['d'])).toBe(true);
  });
  needs('other marks of aufs are left out', async () => {
    expect(Object.keys(await over(rawDirectory('.wh..wh.plnk'), rawFile('.wh..wh.aufs', 'x')))).toEqual(['.']);
  });
});
