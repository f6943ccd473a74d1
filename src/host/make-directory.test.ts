import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { makeDirectory } from './make-directory.ts';

const scratch = mkdtempSync(join(tmpdir(), 'tsrun-make-directory-'));
afterAll(() => rmSync(scratch, { recursive: true }));

test('makes a directory and its parents, and is content with one that exists', () => {
  const path = join(scratch, 'a', 'b', 'c');
  makeDirectory(path, 0o700);
  makeDirectory(path, 0o700);
  expect(statSync(path).mode & 0o777).toBe(0o700);
  expect(statSync(join(scratch, 'a')).mode & 0o777).toBe(0o700);
});

test('below /proc it fails, where the recursive mkdir of Node 20 never returns', () => {
  expect(() => makeDirectory('/proc/tsrun/store')).toThrow(expect.objectContaining({ code: 'ENOENT' }));
});

test('a file in the way is an error', () => {
  writeFileSync(join(scratch, 'file'), '');
  expect(() => makeDirectory(join(scratch, 'file'))).toThrow(expect.objectContaining({ code: 'EEXIST' }));
  expect(() => makeDirectory(join(scratch, 'file', 'x'))).toThrow(expect.objectContaining({ code: 'ENOTDIR' }));
});
