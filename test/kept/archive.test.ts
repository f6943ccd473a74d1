/** What comes out of a container, read by GNU tar and by Python: everything that can be said of a file survives both ways. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { KeptHome } from '../support/kept.ts';
import { requires } from '../support/requires.ts';
import { startTsrun } from '../support/tsrun.ts';

const test = requires();
const kept = new KeptHome();
const tree = join(kept.home.path, 'tree');
const listTree = join(import.meta.dirname, '..', 'support', 'list-tree.py');
type Tree = Readonly<Record<string, Readonly<Record<string, unknown>>>>;
const describe = (directory: string): Tree =>
  JSON.parse(execFileSync('python3', [listTree, directory], { encoding: 'utf8' }));

const plant = `
import os, sys
os.chdir(sys.argv[1])
os.umask(0)
open(b"bytes-\\xff\\xfe", "w").write("x")
deep = b"d" * 90 + b"/" + b"\\xe9" * 120 + b"/" + b"l" * 200
os.makedirs(os.path.dirname(deep))
open(deep, "w").write("deep")
os.symlink(b"t" * 150 + b"\\xff", b"long-link")
os.link(deep, b"second-name")
with open("holes", "wb") as f:
    f.write(b"a"); f.seek(3 << 20); f.write(b"b"); f.seek(9 << 20); f.truncate()
open("new line\\n", "w"); open("empty", "w"); os.mkdir("closed", 0o500); os.mkfifo("fifo", 0o604)
os.setxattr("empty", "user.bytes", bytes(range(256)))
os.utime("empty", ns=(0, 1234567890123456789)); os.utime("holes", ns=(0, -1500000000))
os.utime("closed", ns=(0, 8589934592 * 10**9)); os.chmod(b"bytes-\\xff\\xfe", 0o1640)
`;
beforeAll(async () => {
  mkdirSync(tree);
  execFileSync('python3', ['-c', plant, tree]);
  await kept.detached('holds', 'sleep 1000');
  await kept.text('cp', tree, 'holds:/tree');
});
afterAll(() => kept.dispose());

/** Access modes of links mean nothing; times of links are their own. */
const comparable = (found: Tree): Tree =>
  Object.fromEntries(Object.entries(found).map(([name, entry]) => [name, { ...entry, link: undefined }]));

test('a tree is the same after the way in and the way out', async () => {
  await kept.text('cp', 'holds:/tree', join(kept.home.path, 'back'));
  expect(comparable(describe(join(kept.home.path, 'back')))).toEqual(comparable(describe(tree)));
});

test('and as GNU tar and Python unpack the archive', async () => {
  const running = startTsrun(['cp', 'holds:/tree/.', '-'], { env: kept.home.env });
  running.end();
  const file = join(kept.home.path, 'tree.tar');
  writeFileSync(file, await running.bytes);
  const byTar = join(kept.home.path, 'by-tar');
  mkdirSync(byTar);
  execFileSync('tar', ['xpf', file, '--xattrs', '--no-same-owner', '-C', byTar], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  expect(comparable(describe(byTar))).toEqual(comparable(describe(tree)));
  // Python keeps no attributes and rounds times to what a float holds.
  const names = execFileSync(
    'python3',
    [
      '-c',
      'import sys, tarfile\nfor m in tarfile.open(sys.argv[1], errors="surrogateescape"): sys.stdout.buffer.write(m.name.encode("utf8", "surrogateescape") + b"\\0%d\\0" % m.size)',
      file,
    ],
    { encoding: 'latin1' },
  );
  const expected = Object.entries(describe(tree)).map(([name, { size = 0, type, link }]) => [
    name,
    type === 'file' && link === name ? size : 0,
  ]);
  expect(
    names
      .split('\0')
      .filter((_, index) => index % 2 === 0)
      .slice(0, -1)
      .map((name) => name.replace(/^\.\//, ''))
      .sort(),
  ).toEqual(expected.map(([name]) => String(name)).sort());
});

requires('root')('ids above two millions and sizes above eight gigabytes have room', async () => {
  const large = 'chown 3000000:2999999 /large && echo made';
  await kept.text(
    'exec',
    'holds',
    'sh',
    '-c',
    `truncate -s 9G /large 2>/dev/null || dd if=/dev/zero of=/large bs=1 count=0 seek=9G 2>/dev/null; ${large}`,
  );
  const running = startTsrun(['cp', 'holds:/large', '-'], { env: kept.home.env });
  running.end();
  const listed = execFileSync('tar', ['tv', '--numeric-owner'], { input: await running.bytes, encoding: 'utf8' });
  expect(listed).toMatch(/ 3000000\/2999999 +9663676416 /);
  await kept.text('cp', '-a', 'holds:/large', join(kept.home.path, 'large'));
  expect(execFileSync('stat', ['-c', '%u:%g %s', join(kept.home.path, 'large')], { encoding: 'utf8' })).toBe(
    '3000000:2999999 9663676416\n',
  );
});
