import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readCachedProgram, seccompCacheKey, writeCachedProgram } from './seccomp-cache.ts';

let top: string;
let directory: string;
beforeEach(() => {
  top = mkdtempSync(join(tmpdir(), 'tsrun-seccomp-'));
  directory = join(top, 'a', 'b');
});
afterEach(() => rmSync(top, { recursive: true, force: true }));

const program = Uint8Array.from({ length: 16 }, (_, index) => index);

it('gives back what was kept, in a directory for its owner alone', () => {
  writeCachedProgram(directory, 'key', program);
  expect(readCachedProgram(directory, 'key')).toEqual(Buffer.from(program));
  expect(statSync(directory).mode & 0o777).toBe(0o700);
  expect(readdirSync(directory)).toEqual(['key']);
});

it('has nothing for another key', () => {
  writeCachedProgram(directory, 'key', program);
  expect(readCachedProgram(directory, 'other')).toBeNull();
});

it('does not believe a changed file', () => {
  writeCachedProgram(directory, 'key', program);
  const content = readFileSync(join(directory, 'key'));
  content[40] = 0xff;
  writeFileSync(join(directory, 'key'), content);
  expect(readCachedProgram(directory, 'key')).toBeNull();
});

it('does not believe a truncated file', () => {
  writeCachedProgram(directory, 'key', program);
  writeFileSync(join(directory, 'key'), readFileSync(join(directory, 'key')).subarray(0, 41));
  expect(readCachedProgram(directory, 'key')).toBeNull();
});

it('does not believe a file that others may write, nor a link', () => {
  writeCachedProgram(directory, 'key', program);
  symlinkSync('key', join(directory, 'link'));
  expect(readCachedProgram(directory, 'link')).toBeNull();
  chmodSync(join(directory, 'key'), 0o666);
  expect(readCachedProgram(directory, 'key')).toBeNull();
});

it('survives a directory that cannot be made', () => {
  writeFileSync(join(top, 'file'), '');
  expect(() => writeCachedProgram(join(top, 'file', 'x'), 'key', program)).not.toThrow();
});

it('has another key for another filter and another libseccomp', () => {
  const rule = (value: bigint) => ({
    names: ['socket'],
    action: 1,
    adds: true,
    args: [{ index: 0, operator: 4, value, valueTwo: 0n }],
  });
  const filter = (value: bigint) => ({ defaultAction: 0, architectures: [], rules: [rule(value)] });
  const keys = [
    seccompCacheKey(filter(1n), '2.5.4'),
    seccompCacheKey(filter(2n), '2.5.4'),
    seccompCacheKey(filter(1n), '2.6.0'),
  ];
  expect(new Set(keys).size).toBe(3);
});
