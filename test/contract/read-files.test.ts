/** Many files in one call: each as it is, whatever stands before it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { readFileGroups } from '../../src/native/read-files.ts';

const directory = mkdtempSync(join(tmpdir(), 'read-files-'));
afterAll(() => rmSync(directory, { recursive: true }));

function made(name: string, content: string | Buffer): string {
  const path = join(directory, name);
  writeFileSync(path, content);
  return path;
}

test('what is there is read whole, and what is missing takes nothing from what follows', () => {
  // Exactly as much as is read at once, and more of it.
  const once = made('once', 'a'.repeat(16_384));
  const more = made('more', 'ä'.repeat(40_000));
  const bytes = made('bytes', Buffer.from([0, 255, 10, 0]));
  const empty = made('empty', '');
  const missing = join(directory, 'missing');
  const [first, none, second] = readFileGroups([
    [missing, once, empty, more],
    [],
    [missing, directory, '', bytes, missing],
  ]);
  expect([0, 1, 2, 3, 4].map((at) => first?.text(at))).toEqual([
    null,
    'a'.repeat(16_384),
    '',
    'ä'.repeat(40_000),
    null,
  ]);
  expect(none?.text(0)).toBe(null);
  expect([0, 1, 2, 4].map((at) => second?.bytes(at))).toEqual([null, null, null, null]);
  expect(second?.bytes(3)).toEqual(Buffer.from([0, 255, 10, 0]));
});

test('hundreds, which several threads read, come back each at its place', () => {
  const contents = Array.from({ length: 1000 }, (_, at) => (at % 7 === 3 ? null : `${at % 5 === 2 ? 'ä' : 'a'}${at}`));
  const paths = contents.map((content, at) =>
    content === null ? join(directory, `no-${at}`) : made(`${at}`, content),
  );
  const groups = readFileGroups(paths.map((path) => [path]));
  expect(groups.map((files) => files.text(0))).toEqual(contents);
});

test('files of /proc have no size and are read all the same', () => {
  const [files] = readFileGroups([[`/proc/${process.pid}/stat`, '/proc/sys/kernel/ostype']]);
  expect(files?.text(0)).toMatch(new RegExp(`^${process.pid} \\(`));
  expect(files?.text(1)).toBe('Linux\n');
});
