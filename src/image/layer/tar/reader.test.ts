import { describe, expect, test } from 'vitest';
import {
  archive,
  base256,
  endOfArchive,
  GNU_MAGIC,
  gnuLong,
  padded,
  pax,
  paxRecord,
  rawDirectory,
  rawExtended,
  rawFile,
  rawHardLink,
  rawHeader,
  rawSymlink,
  sealed,
} from '../../../../rootfs-fixtures/layers/raw-tar.ts';
import type { TarEntry } from './entry.ts';
import { TarReader } from './reader.ts';

interface Read {
  readonly entry: TarEntry;
  readonly data: { readonly offset: number; readonly text: string }[];
}

function read(bytes: Buffer, chunk = bytes.length): { readonly entries: readonly Read[]; readonly end: string } {
  const entries: Read[] = [];
  const reader = new TarReader({
    raw: () => {},
    entry: (entry) => entries.push({ entry, data: [] }),
    data: (offset, data) => {
      const pieces = entries.at(-1)?.data ?? [];
      const last = pieces.at(-1);
      const text = data.toString('latin1');
      if (last !== undefined && last.offset + last.text.length === offset)
        pieces[pieces.length - 1] = { offset: last.offset, text: last.text + text };
      else pieces.push({ offset, text });
    },
  });
  for (let at = 0; at < bytes.length; at += chunk) reader.push(bytes.subarray(at, at + chunk));
  return { entries, end: reader.end() };
}

const only = (...parts: Buffer[]): Read => {
  const { entries } = read(archive(...parts));
  expect(entries).toHaveLength(1);
  return entries[0] as Read;
};
const refuses = (why: RegExp, ...parts: Buffer[]): void => {
  let error: unknown = null;
  try {
    read(archive(...parts));
  } catch (thrown) {
    error = thrown;
  }
  expect(error).toMatchObject({ name: 'TsrunError', why: expect.stringMatching(why) });
};

describe('every kind of entry', () => {
  test('a regular file with its metadata and data', () => {
    const { entry, data } = only(rawFile('a/b', 'hello', { mode: 0o4755, uid: 3, gid: 4, mtime: 99 }));
    expect(entry).toEqual({
      type: 'file',
      name: 'a/b',
      size: 5,
      meta: { mode: 0o4755, uid: 3, gid: 4, mtime: { seconds: 99, nanoseconds: 0 }, xattrs: new Map() },
    });
    expect(data).toEqual([{ offset: 0, text: 'hello' }]);
  });
  test.each([
    ['5', 'directory'],
    ['6', 'fifo'],
    ['2', 'symlink'],
    ['1', 'hardlink'],
  ])('type %s is a %s', (type, expected) => {
    expect(only(rawHeader({ name: 'x', type, linkname: 'y' })).entry.type).toBe(expected);
  });
  test.each([
    ['3', 'char'],
    ['4', 'block'],
  ])('type %s is a %s device with its numbers', (type, expected) => {
    expect(only(rawHeader({ name: 'x', type, major: 8, minor: 17 })).entry).toMatchObject({
      type: expected,
      major: 8,
      minor: 17,
    });
  });
  test('the contiguous file of old is a file', () => {
    expect(only(rawFile('x', 'abc', { type: '7' })).data[0]?.text).toBe('abc');
  });
  test('a V7 header without magic is read, a trailing slash makes it a directory', () => {
    expect(only(rawHeader({ name: 'dir/', type: '\0', magic: '' })).entry.type).toBe('directory');
    expect(only(rawFile('file', 'x', { type: '\0', magic: '' })).entry.type).toBe('file');
  });
  test('V7 tar wrote a size into links that have no data', () => {
    expect(only(rawHardLink('a', 'b', { magic: '', size: 9 })).entry.type).toBe('hardlink');
  });
  test('an empty file has no data', () => {
    expect(only(rawFile('empty')).data).toEqual([]);
  });
});

describe('names', () => {
  test('the ustar prefix comes before the name', () => {
    expect(only(rawFile('b', '', { prefix: 'p/q' })).entry.name).toBe('p/q/b');
  });
  test('a GNU header has no prefix', () => {
    expect(only(rawFile('b', '', { prefix: 'p', magic: GNU_MAGIC })).entry.name).toBe('b');
  });
  test('a name of exactly 100 bytes needs no NUL', () => {
    expect(only(rawFile('n'.repeat(100))).entry.name).toBe('n'.repeat(100));
  });
  test('GNU long names and long links', () => {
    const { entry } = only(gnuLong('K', 't'.repeat(300)), gnuLong('L', 'n'.repeat(300)), rawSymlink('short', 'short'));
    expect(entry).toMatchObject({ name: 'n'.repeat(300), target: 't'.repeat(300) });
  });
  test('PAX path and linkpath', () => {
    const { entry } = only(pax({ path: 'p'.repeat(200), linkpath: 'l'.repeat(200) }), rawSymlink('x', 'y'));
    expect(entry).toMatchObject({ name: 'p'.repeat(200), target: 'l'.repeat(200) });
  });
  test('any byte but NUL and slash', () => {
    const name = Array.from({ length: 90 }, (_, i) => String.fromCharCode(i + 0x80)).join('');
    expect(only(rawFile(name)).entry.name).toBe(name);
  });
  test('an extended header is for one entry only', () => {
    const { entries } = read(archive(pax({ path: 'long' }), rawFile('a'), rawFile('b')));
    expect(entries.map(({ entry }) => entry.name)).toEqual(['long', 'b']);
  });
});

describe('numbers and times', () => {
  test('base-256 sizes, owners and times before 1970', () => {
    const { entry } = only(
      rawFile('x', 'abc', { size: base256(3n, 12), uid: base256(4_000_000_000n, 8), mtime: base256(-5n, 12) }),
    );
    expect(entry).toMatchObject({ meta: { uid: 4_000_000_000, mtime: { seconds: -5, nanoseconds: 0 } } });
  });
  test.each([
    ['1.5', 1, 500_000_000],
    ['1700000000.123456789', 1_700_000_000, 123_456_789],
    ['-1.25', -2, 750_000_000],
    ['-3', -3, 0],
    ['7.0000000009', 7, 0],
  ])('PAX mtime %s', (text, seconds, nanoseconds) => {
    expect(only(pax({ mtime: text }), rawFile('x')).entry.meta.mtime).toEqual({ seconds, nanoseconds });
  });
  test('PAX size, uid and gid replace what the header says', () => {
    const { entry, data } = only(pax({ size: '3', uid: '70000', gid: '80000' }), rawFile('x', 'abc', { size: 0 }));
    expect(entry).toMatchObject({ size: 3, meta: { uid: 70_000, gid: 80_000 } });
    expect(data[0]?.text).toBe('abc');
  });
  test('a global header gives owner and time to entries that have none of their own', () => {
    const { entries } = read(
      archive(pax({ uid: '9', mtime: '1' }, 'g'), rawFile('a'), pax({ uid: '8' }), rawFile('b')),
    );
    expect(entries.map(({ entry }) => entry.meta.uid)).toEqual([9, 8]);
  });
  test('a comment in a global header, as git writes it, changes nothing', () => {
    expect(only(pax({ comment: 'abc' }, 'g'), rawFile('a')).entry.name).toBe('a');
  });
});

describe('extended attributes', () => {
  test('SCHILY.xattr values are bytes, NUL and newline too', () => {
    const value = Buffer.from([0, 1, 10, 255]);
    const { entry } = only(pax({ 'SCHILY.xattr.user.a': value }), rawFile('x'));
    expect(entry.meta.xattrs.get('user.a')).toEqual(value);
  });
  test('LIBARCHIVE.xattr is URL-encoded and base64', () => {
    const { entry } = only(pax({ 'LIBARCHIVE.xattr.user.a%3Db': 'aGVsbG8' }), rawFile('x'));
    expect(entry.meta.xattrs.get('user.a=b')?.toString()).toBe('hello');
  });
});

describe('sparse files', () => {
  const gnuSparse = (
    real: number,
    extents: readonly (readonly [number, number])[],
    data: string,
    more = false,
  ): Buffer => {
    const block = rawHeader({ name: 's', type: 'S', size: data.length, magic: GNU_MAGIC });
    extents.forEach(([offset, length], i) => {
      block.write(`${offset.toString(8).padStart(11, '0')}\0`, 386 + i * 24, 'latin1');
      block.write(`${length.toString(8).padStart(11, '0')}\0`, 398 + i * 24, 'latin1');
    });
    block[482] = more ? 1 : 0;
    block.write(`${real.toString(8).padStart(11, '0')}\0`, 483, 'latin1');
    return sealed(block);
  };
  const expected = [
    { offset: 512, text: 'ab' },
    { offset: 2000, text: 'cde' },
  ];
  test('old GNU, in the header', () => {
    const { entry, data } = only(
      gnuSparse(
        4096,
        [
          [512, 2],
          [2000, 3],
          [4096, 0],
        ],
        'abcde',
      ),
      padded(Buffer.from('abcde')),
    );
    expect(entry).toMatchObject({ type: 'file', size: 4096 });
    expect(data).toEqual(expected);
  });
  test('old GNU, with extension blocks', () => {
    const extents = Array.from({ length: 30 }, (_, i) => [i * 10, 1] as const);
    const extension = Buffer.alloc(1024);
    extents.slice(4).forEach(([offset, length], i) => {
      const at = i < 21 ? i * 24 : 512 + (i - 21) * 24;
      extension.write(`${offset.toString(8).padStart(11, '0')}\0`, at, 'latin1');
      extension.write(`${length.toString(8).padStart(11, '0')}\0`, at + 12, 'latin1');
    });
    extension[504] = 1;
    const text = 'x'.repeat(30);
    const { data } = only(gnuSparse(300, extents.slice(0, 4), text, true), extension, padded(Buffer.from(text)));
    expect(data.map(({ offset }) => offset)).toEqual(extents.map(([offset]) => offset));
  });
  test('PAX 0.0', () => {
    const records = Buffer.concat([
      paxRecord('GNU.sparse.size', '4096'),
      paxRecord('GNU.sparse.numblocks', '2'),
      ...[
        ['512', '2'],
        ['2000', '3'],
      ].flatMap(([offset, length]) => [
        paxRecord('GNU.sparse.offset', offset ?? ''),
        paxRecord('GNU.sparse.numbytes', length ?? ''),
      ]),
    ]);
    const { entry, data } = only(rawExtended('x', records), rawFile('s', 'abcde'));
    expect(entry).toMatchObject({ name: 's', size: 4096 });
    expect(data).toEqual(expected);
  });
  test('PAX 0.1', () => {
    const sparse = { 'GNU.sparse.size': '4096', 'GNU.sparse.map': '512,2,2000,3', 'GNU.sparse.name': 'real' };
    const { entry, data } = only(pax(sparse), rawFile('GNUSparseFile.1/real', 'abcde'));
    expect(entry).toMatchObject({ name: 'real', size: 4096 });
    expect(data).toEqual(expected);
  });
  test('PAX 1.0', () => {
    const map = padded(Buffer.from('2\n512\n2\n2000\n3\n'));
    const sparse = {
      'GNU.sparse.major': '1',
      'GNU.sparse.minor': '0',
      'GNU.sparse.name': 'real',
      'GNU.sparse.realsize': '4096',
    };
    const { entry, data } = only(pax(sparse), rawFile('s', Buffer.concat([map, Buffer.from('abcde')])));
    expect(entry).toMatchObject({ name: 'real', size: 4096 });
    expect(data).toEqual(expected);
  });
  test('a file that is one hole', () => {
    const map = padded(Buffer.from('1\n4096\n0\n'));
    const sparse = { 'GNU.sparse.major': '1', 'GNU.sparse.minor': '0', 'GNU.sparse.realsize': '4096' };
    expect(only(pax(sparse), rawFile('s', map)).entry).toMatchObject({ size: 4096 });
  });
  test('maps that overlap, leave the file or do not add up are refused', () => {
    refuses(
      /overlaps/,
      gnuSparse(
        4096,
        [
          [512, 3],
          [513, 2],
        ],
        'abcde',
      ),
      padded(Buffer.from('abcde')),
    );
    refuses(
      /leaves/,
      gnuSparse(
        2001,
        [
          [512, 2],
          [2000, 3],
        ],
        'abcde',
      ),
      padded(Buffer.from('abcde')),
    );
    refuses(/differ/, gnuSparse(4096, [[512, 2]], 'abcde'), padded(Buffer.from('abcde')));
    refuses(/cut off/, pax({ 'GNU.sparse.map': '512,2,2000', 'GNU.sparse.size': '9999' }), rawFile('s', 'ab'));
    refuses(/not a number/, pax({ 'GNU.sparse.major': '1' }), rawFile('s', Buffer.alloc(512, 'x\n')));
    refuses(/too long/, pax({ 'GNU.sparse.major': '1' }), rawFile('s', padded(Buffer.from('99999999\n'))));
  });
});

describe('chunks', () => {
  test('the archive reads the same in pieces of any size', () => {
    const bytes = archive(
      pax({ path: 'p'.repeat(700), 'SCHILY.xattr.user.a': 'v' }),
      rawFile('x', 'abc'.repeat(400)),
      rawDirectory('d'),
      gnuLong('L', 'l'.repeat(600)),
      rawFile('y', 'z'),
    );
    const whole = read(bytes);
    for (const size of [1, 7, 511, 512, 513, 1000]) expect(read(bytes, size)).toEqual(whole);
  });
});

describe('the end', () => {
  test('two zero blocks end it, whatever follows', () => {
    expect(read(Buffer.concat([archive(rawFile('a')), Buffer.from('garbage'.repeat(999))])).entries).toHaveLength(1);
  });
  test('an archive that just stops between entries says so', () => {
    expect(read(rawFile('a', 'x')).end).toBe('bare');
    expect(read(archive(rawFile('a', 'x'))).end).toBe('marked');
  });
  test('truncation anywhere else is refused', () => {
    const bytes = Buffer.concat([pax({ path: 'x' }), rawFile('a', 'x'.repeat(600))]);
    for (const length of [1, 511, 513, 1024, 1100, 1536, 1600, bytes.length - 1]) {
      expect(() => read(bytes.subarray(0, length))).toThrow(
        expect.objectContaining({ why: 'the archive is truncated' }),
      );
    }
  });
  test('an entry after a lone zero block is refused', () => {
    refuses(/lone zero block/, Buffer.alloc(512), rawFile('hidden'));
  });
});

describe('archives that mislead', () => {
  test('a wrong checksum', () => refuses(/checksum/, rawHeader({ name: 'x', checksum: '0000001\0' })));
  test('no tar at all', () => refuses(/checksum/, Buffer.from('not a tar archive'.repeat(100))));
  test('a negative size', () => refuses(/negative/, rawHeader({ name: 'x', size: base256(-1n, 12) })));
  test('a size beyond all numbers', () =>
    refuses(/too large/, rawHeader({ name: 'x', size: `\x80${'\xff'.repeat(11)}` })));
  test('a size that is no number', () => refuses(/not a number/, rawHeader({ name: 'x', size: '12x45678901' })));
  test('PAX numbers that are negative, hexadecimal or huge', () => {
    for (const size of ['-1', '0x10', '1e3', '99999999999999999999', '1.5']) {
      refuses(/not a number/, pax({ size }), rawFile('x'));
    }
  });
  test('an owner out of range', () => {
    refuses(/owner/, pax({ uid: '4294967295' }), rawFile('x'));
    refuses(/owner/, rawFile('x', '', { gid: base256(-1n, 8) }));
  });
  test('a size on entries without data, in the header or by PAX', () => {
    for (const type of ['1', '2', '3', '4', '5', '6']) {
      refuses(/has a size/, rawHeader({ name: 'x', type, size: 512 }), Buffer.alloc(512, 'x'));
      refuses(/has a size/, pax({ size: '512' }), rawHeader({ name: 'x', type }), Buffer.alloc(512, 'x'));
    }
    refuses(/has a size/, rawFile('dir/', 'data'));
  });
  test('a PAX size is not applied to the extended header after it', () => {
    const { entries } = read(archive(pax({ size: '3' }), gnuLong('L', 'name'), rawFile('x', 'abc', { size: 0 })));
    expect(entries).toHaveLength(1);
    expect(entries[0]).toMatchObject({ entry: { name: 'name', size: 3 }, data: [{ text: 'abc' }] });
  });
  test('NUL in names', () => {
    refuses(/NUL/, pax({ path: 'a\0b' }), rawFile('x'));
    refuses(/NUL/, pax({ linkpath: 'a\0b' }), rawSymlink('x', 'y'));
    refuses(/NUL/, pax({ 'SCHILY.xattr.user.\0': 'b' }), rawFile('x'));
  });
  test('PAX records with wrong lengths', () => {
    for (const text of [
      '9999 path=x\n',
      '0 path=x\n',
      '05 a=\n',
      '-1 path=x\n',
      '8 path=x',
      'path=x\n',
      '6 =ab\n\n',
      '3 a',
    ]) {
      refuses(/extended header/, rawExtended('x', Buffer.from(text)), rawFile('x'));
    }
  });
  test('two extended headers of a kind, or two names for one entry', () => {
    refuses(/two extended headers/, pax({ path: 'a' }), pax({ path: 'b' }), rawFile('x'));
    refuses(/two long names/, gnuLong('L', 'a'), gnuLong('L', 'b'), rawFile('x'));
    refuses(/two names/, gnuLong('L', 'a'), pax({ path: 'b' }), rawFile('x'));
    refuses(/two link targets/, gnuLong('K', 'a'), pax({ linkpath: 'b' }), rawSymlink('x', 'y'));
  });
  test('names and sizes for all entries at once', () => {
    refuses(/all entries/, pax({ path: '/etc/passwd' }, 'g'), rawFile('x'));
    refuses(/all entries/, pax({ size: '0' }, 'g'), rawFile('x', 'abc'));
  });
  test('an extended header without an entry', () => refuses(/no entry/, pax({ path: 'a' })));
  test('an extended header of 2 MiB', () => refuses(/too large/, rawHeader({ name: 'x', type: 'x', size: 2 << 20 })));
  test('an unknown type', () => refuses(/unknown type/, rawHeader({ name: 'x', type: 'Z' })));
  test('a sparse map on a directory', () =>
    refuses(/no regular file/, pax({ 'GNU.sparse.size': '1' }), rawDirectory('d')));
  test('names in errors cannot write to the terminal', () => {
    refuses(/^"\\x1b\[2J" is of the unknown/, rawHeader({ name: '\x1b[2J', type: 'Z' }));
  });
  test('what follows the end is not an entry', () => {
    expect(read(Buffer.concat([endOfArchive, rawFile('a')])).entries).toEqual([]);
  });
});
