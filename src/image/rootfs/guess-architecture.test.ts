import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { guessArchitecture } from './guess-architecture.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'tsrun-test-'));
});
afterEach(() => rmSync(root, { recursive: true }));

/** e_ident and e_machine of an ELF header. */
function elf(machine: number, order: 'little' | 'big' = 'little'): Buffer {
  const header = Buffer.alloc(64);
  header.write('\x7fELF', 'latin1');
  header[5] = order === 'little' ? 1 : 2;
  if (order === 'little') header.writeUInt16LE(machine, 18);
  else header.writeUInt16BE(machine, 18);
  return header;
}

test.each([
  [elf(62), 'amd64'],
  [elf(183), 'arm64'],
  [elf(22, 'big'), 's390x'],
  [elf(9999), null],
])('a program says what it is for', (header, architecture) => {
  mkdirSync(join(root, 'bin'));
  writeFileSync(join(root, 'bin', 'a-script'), '#!/bin/sh\n');
  writeFileSync(join(root, 'bin', 'sh'), header);
  expect(guessArchitecture(root)).toBe(architecture);
});

test('links of the tree lead nowhere', () => {
  const outside = mkdtempSync(join(tmpdir(), 'tsrun-test-'));
  writeFileSync(join(outside, 'sh'), elf(183));
  symlinkSync(outside, join(root, 'bin'));
  mkdirSync(join(root, 'sbin'));
  symlinkSync(join(outside, 'sh'), join(root, 'sbin', 'init'));
  expect(guessArchitecture(root)).toBeNull();
  rmSync(outside, { recursive: true });
});
