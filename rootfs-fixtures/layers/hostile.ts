/**
 * Layers that try to reach out of their directory, as lists of entries. CANARY stands for the absolute path of a tree
 * outside that must not change; UP climbs from the layer's directory to it.
 */
import { archive, gnuLong, pax, rawDirectory, rawFile, rawHardLink, rawHeader, rawSymlink } from './raw-tar.ts';

export interface HostileCase {
  readonly name: string;
  /** Bottom first. */
  readonly layers: readonly Buffer[];
}

export interface Outside {
  /** Absolute path of the canary's directory, in which there is a file "secret" and a directory "dir" with a file. */
  readonly canary: string;
  /** "../../.." from the layer's directory to the root, or further. */
  readonly up: string;
}

const one = (name: string, ...parts: readonly Buffer[]): HostileCase => ({ name, layers: [archive(...parts)] });
const two = (name: string, below: readonly Buffer[], above: readonly Buffer[]): HostileCase => ({
  name,
  layers: [archive(...below), archive(...above)],
});

/** What an image has below a hostile layer: the names that the cases use, as directories, files and links that stay inside. */
const prepared = archive(
  ...['x', 'x/dir', 'a', 'a/b', 'd'].map((name) => rawDirectory(name)),
  ...['x/secret', 'x/dir/file', 'mine', 'z', 'stolen', 'innocent'].map((name) => rawFile(name, 'below')),
  rawSymlink('y', 'x'),
  rawHardLink('x/again', 'mine'),
);

/** Each case, and each of one layer once more over a layer that has its names already. */
export const alsoOverOthers = (cases: readonly HostileCase[]): readonly HostileCase[] =>
  cases.flatMap((hostile) =>
    hostile.layers.length > 1
      ? [hostile]
      : [hostile, { name: `${hostile.name}, over a layer`, layers: [prepared, ...hostile.layers] }],
  );

/** Every way of writing that would change something at `path`, were it followed. */
function writesBelow(path: string): readonly (readonly [string, readonly Buffer[]])[] {
  return [
    ['a file', [rawFile(`${path}/secret`, 'owned')]],
    ['a new file', [rawFile(`${path}/new`, 'owned')]],
    ['a directory', [rawDirectory(`${path}/dir`, { mode: 0o777, uid: 1 })]],
    ['a symlink', [rawSymlink(`${path}/secret`, 'elsewhere')]],
    ['a hard link to it', [rawHardLink('stolen', `${path}/secret`), rawFile('stolen', 'owned')]],
    ['a hard link in it', [rawFile('mine', 'x'), rawHardLink(`${path}/planted`, 'mine')]],
    ['a FIFO', [rawHeader({ name: `${path}/pipe`, type: '6' })]],
    ['a device', [rawHeader({ name: `${path}/null`, type: '3', major: 1, minor: 3 })]],
    ['a sparse file', [pax({ 'GNU.sparse.size': '9', 'GNU.sparse.map': '8,1' }), rawFile(`${path}/secret`, 'o')]],
    ['extended attributes', [pax({ 'SCHILY.xattr.user.mark': 'owned' }), rawDirectory(`${path}/dir`)]],
    ['a whiteout', [rawFile(`${path}/.wh.secret`)]],
    ['a whiteout of a directory', [rawFile(`${path}/.wh.dir`)]],
    ['an opaque mark', [rawFile(`${path}/dir/.wh..wh..opq`)]],
  ];
}

/** Symlinks of all forms, then something through them: in one layer and across two. */
export function throughSymlinks({ canary, up }: Outside): readonly HostileCase[] {
  const links: readonly (readonly [string, readonly Buffer[]])[] = [
    ['absolute', [rawSymlink('x', canary)]],
    ['climbing', [rawSymlink('x', `${up}${canary}`)]],
    ['climbing by one', [rawSymlink('x', '..')]],
    ['chained', [rawSymlink('y', canary), rawSymlink('x', 'y')]],
    ['through a directory', [rawDirectory('d'), rawSymlink('d/y', up), rawSymlink('x', `d/y${canary}`)]],
    ['to the root and back', [rawSymlink('y', '/'), rawSymlink('x', `y/../..${canary}`)]],
    ['a hard link to a symlink', [rawSymlink('y', canary), rawHardLink('x', 'y')]],
    ['by a long PAX name', [pax({ linkpath: `${'/'.repeat(200)}${canary}` }), rawSymlink('x', 'short')]],
    ['by a GNU long name', [gnuLong('K', `${'./'.repeat(100)}${up}${canary}`), rawSymlink('x', 'short')]],
  ];
  return links.flatMap(([form, link]) =>
    writesBelow('x').flatMap(([what, writes]) => [
      one(`${what} through a symlink (${form})`, ...link, ...writes),
      two(`${what} through a symlink of a lower layer (${form})`, link, writes),
    ]),
  );
}

/** A symlink to a file outside, then something of the link's own name: in one layer and across two. */
export function ontoSymlinks({ canary, up }: Outside): readonly HostileCase[] {
  const links: readonly (readonly [string, readonly Buffer[]])[] = [
    ['a file', [rawSymlink('x', `${canary}/secret`)]],
    ['a file, climbing', [rawSymlink('x', `${up}${canary}/secret`)]],
    ['a directory', [rawSymlink('x', `${canary}/dir`)]],
    ['a file, chained', [rawSymlink('y', `${canary}/secret`), rawSymlink('x', 'y')]],
    ['nothing yet', [rawSymlink('x', `${canary}/new`)]],
  ];
  const writes: readonly (readonly [string, readonly Buffer[]])[] = [
    ['a file', [rawFile('x', 'owned', { mode: 0o4777, uid: 1 })]],
    ['an empty file', [rawFile('x', '', { mode: 0o777 })]],
    ['a directory', [rawDirectory('x', { mode: 0o777, uid: 1 })]],
    ['a hard link to it, then a file', [rawHardLink('z', 'x'), rawFile('z', 'owned')]],
    ['a hard link', [rawFile('mine', 'x'), rawHardLink('x', 'mine')]],
    ['a FIFO', [rawHeader({ name: 'x', type: '6' })]],
    ['extended attributes', [pax({ 'SCHILY.xattr.user.mark': 'owned' }), rawFile('x', 'owned')]],
    ['a sparse file', [pax({ 'GNU.sparse.size': '1', 'GNU.sparse.map': '0,1' }), rawFile('x', 'o')]],
  ];
  return links.flatMap(([form, link]) =>
    writes.flatMap(([what, entries]) => [
      one(`${what} of the name of a symlink to ${form}`, ...link, ...entries),
      two(`${what} of the name of a symlink to ${form} in a lower layer`, link, entries),
    ]),
  );
}

/** Names that climb or are absolute, in every field that holds one. */
export function climbingNames({ canary, up }: Outside): readonly HostileCase[] {
  const names = [
    ...[`${up}${canary}`, `a/b/${up}${canary}`, `./${up}${canary}`, `/${up}${canary}`, `a/../..${canary}`],
    ...[canary, `//${canary}`],
    // What climbs elsewhere: backslashes, and drives.
    ...[`${up}${canary}`.replaceAll('/', '\\'), `c:${canary}`, `c:../${up}${canary}`],
  ];
  return names.flatMap((name) => [
    ...writesBelow(name).map(([what, writes]) => one(`${what} at "${name}"`, ...writes)),
    one(`a PAX path at "${name}"`, pax({ path: `${name}/secret` }), rawFile('innocent', 'owned')),
    one(`a GNU long name at "${name}"`, gnuLong('L', `${name}/secret`), rawFile('innocent', 'owned')),
    one(
      `a sparse name at "${name}"`,
      pax({ 'GNU.sparse.name': `${name}/secret`, 'GNU.sparse.size': '1', 'GNU.sparse.map': '0,1' }),
      rawFile('innocent', 'o'),
    ),
    one(`a ustar prefix at "${name}"`, rawFile('secret', 'owned', { prefix: name })),
    one(
      `a PAX link path at "${name}"`,
      pax({ linkpath: `${name}/secret` }),
      rawHardLink('stolen', 'x'),
      rawFile('stolen', 'owned'),
    ),
  ]);
}

/** An entry that is replaced by a symlink between two uses. */
export function swappedEntries({ canary }: Outside): readonly HostileCase[] {
  const swap = [rawDirectory('x'), rawFile('x/f', 'x'), rawSymlink('x', canary)];
  return writesBelow('x').flatMap(([what, writes]) => [
    one(`${what} after a directory became a symlink`, ...swap, ...writes),
    one(`${what} after a file became a symlink`, rawFile('x', 'x'), rawSymlink('x', canary), ...writes),
    two(`${what} after a directory became a symlink above`, [rawDirectory('x')], [rawSymlink('x', canary), ...writes]),
    two(`${what} after a directory became a symlink below`, swap, writes),
    one(
      `a directory's mode through a symlink, then ${what}`,
      rawSymlink('x', canary),
      rawDirectory('x', { mode: 0 }),
      ...writes,
    ),
  ]);
}

/** Entries of the layer's own root that are no directory, then something below it. */
export function otherRoots({ canary }: Outside): readonly HostileCase[] {
  const roots = ['.', './', '/', '//', './.', '/.'];
  return roots.flatMap((name) => {
    const kinds: readonly (readonly [string, readonly Buffer[]])[] = [
      ['a symlink', [rawSymlink(name, canary)]],
      ['a symlink by PAX', [pax({ path: name, linkpath: canary }), rawSymlink('x', 'y')]],
      ['a hard link', [rawFile('mine', 'x'), rawHardLink(name, 'mine')]],
      ['a hard link to itself', [rawHardLink('stolen', name)]],
      ['a file', [rawFile(name, 'owned')]],
      ['a FIFO', [rawHeader({ name, type: '6' })]],
      ['a device', [rawHeader({ name, type: '3', major: 1, minor: 3 })]],
    ];
    return kinds.map(([what, entries]) =>
      one(`the root "${name}" as ${what}`, ...entries, rawFile('secret', 'owned'), rawDirectory('dir', { mode: 0 })),
    );
  });
}

/** Two names that some filesystem takes for one: a directory by the one, a symlink by the other, and something below the first. */
export function lookalikes({ canary }: Outside): readonly HostileCase[] {
  const pairs = [
    ['x', 'X'],
    // Composed and decomposed, in UTF-8; sharp s and what it is folded to.
    ['\xc3\xa9', 'e\xcc\x81'],
    ['\xc3\x9f', 'ss'],
  ] as const;
  return pairs.flatMap(([name, other]) =>
    writesBelow(name).flatMap(([what, writes]) => [
      one(`${what} in "${name}" beside "${other}"`, rawDirectory(name), rawSymlink(other, canary), ...writes),
      two(`${what} in "${name}" over "${other}"`, [rawSymlink(other, canary)], [rawDirectory(name), ...writes]),
    ]),
  );
}

/** Whiteouts with names that mean something else. */
export function strangeWhiteouts(): readonly HostileCase[] {
  return ['.wh.', '.wh..', '.wh...', 'd/.wh.', 'd/.wh..', 'd/.wh...'].map((name) =>
    one(`the whiteout "${name}"`, rawDirectory('d'), rawFile(name)),
  );
}
