import { describe, expect, test } from 'vitest';
import { directory, elf, file, imageTree, link } from '../../../test/support/image-tree.ts';
import { readElf } from './elf.ts';
import type { Executor } from './executor.ts';
import { explainDirectory } from './explain-directory.ts';
import { readShebang } from './shebang.ts';
import { walk } from './walk.ts';
import { quote } from './words.ts';

const user: Executor = { uid: 1000, gid: 1000, groups: [20], effective: 0n, bounding: 0n };
const root: Executor = { ...user, uid: 0, gid: 0, effective: 0b110n };

describe('walking a path', () => {
  const files = imageTree({
    '/a/b/program': elf(),
    '/up': link('a/../a/b'),
    '/absolute': link('/a/b/program'),
    '/out': link('../../../../a'),
    '/closed': directory(0o750),
    '/closed/x': elf(),
    '/foreign': { ...directory(0o700), uid: null, gid: null },
    '/group': { ...directory(0o710), gid: 20 },
    '/group/x': elf(),
  });
  test.each([
    ['/a/b/program', '/a/b/program'],
    ['//a/./b//program', '/a/b/program'],
    ['/a/../a/b/program', '/a/b/program'],
    ['/../a/b/program', '/a/b/program'],
    ['/up/program', '/a/b/program'],
    ['/absolute', '/a/b/program'],
    ['/out/b', '/a/b'],
    ['/group/x', '/group/x'],
  ])('%s leads to %s', (path, expected) => {
    expect(walk(files, path, user)).toMatchObject({ type: 'there', path: expected });
  });
  test.each([
    ['/closed/x', 'unsearchable', user],
    ['/closed/x', 'there', root],
    ['/foreign/x', 'unsearchable', root],
    ['/a/b/program/', 'not-directory', user],
    ['/a/c/program', 'missing', user],
  ] as const)('%s is %s', (path, type, who) => {
    expect(walk(files, path, who).type).toBe(type);
  });
});

describe('the first line of a script', () => {
  test.each([
    ['#!/bin/sh\n', '/bin/sh', null],
    ['#! \t/bin/sh -e \t\n', '/bin/sh', '-e'],
    ['#!/usr/bin/env python3 -u\nx', '/usr/bin/env', 'python3 -u'],
    ['#!/bin/sh', '/bin/sh', null],
    ['#!/bin/sh\r\n', '/bin/sh\r', null],
    [`#!/bin/sh ${'a'.repeat(300)}\n`, '/bin/sh', 'a'.repeat(246)],
  ])('%j names its interpreter', (text, path, argument) => {
    expect(readShebang(Buffer.from(text).subarray(0, 256))).toEqual({ type: 'interpreter', path, argument });
  });
  test.each([
    ['#!\n', 'empty'],
    ['#!   \n/bin/sh', 'empty'],
    [`#!/${'a'.repeat(300)}`, 'too-long'],
    ['echo', 'none'],
  ])('%j has none: %s', (text, type) => {
    expect(readShebang(Buffer.from(text).subarray(0, 256)).type).toBe(type);
  });
});

test('no bytes behind the magic number make the ELF reader throw', () => {
  // A fixed sequence (Numerical Recipes' LCG), so that a failure can be seen again.
  let state = 1;
  const next = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 24;
  };
  for (let round = 0; round < 2000; round += 1) {
    const bytes = Uint8Array.from({ length: 6 + (next() % 250) }, next);
    bytes.set([0x7f, 0x45, 0x4c, 0x46, 1 + (round % 2), 1 + ((round >> 1) % 2)]);
    const read = (offset: number, length: number): Uint8Array => bytes.subarray(offset, offset + length);
    expect(() => readElf(bytes, read)).not.toThrow();
  }
});

describe('a working directory', () => {
  const scene = (who: Executor) => ({
    files: imageTree({ '/closed': directory(0o700), '/file': file(''), '/link': link('/gone') }),
    who,
    machine: 'x64' as const,
    cwd: '/',
    path: '/bin',
  });
  test('outside the root is called that, and is no matter of permissions', () => {
    const error = explainDirectory('/proc/self/fd/8', 'EXDEV', scene(root));
    expect(error.message).toBe('cannot enter the working directory "/proc/self/fd/8": it is outside the container');
    expect(error.code).toBe('STEP_FAILED');
  });
  test.each([
    ['/closed', 'EACCES', 'uid 1000 may not enter "/closed" (drwx------, owner 0:0)'],
    ['/closed/x', 'EACCES', 'uid 1000 may not enter the directory "/closed" (drwx------, owner 0:0)'],
    ['/file', 'ENOTDIR', '"/file" is a file, not a directory'],
    ['/link', 'ENOENT', '"/link" is a symbolic link to "/gone", which is not there'],
    ['/', 'EIO', 'chdir failed: EIO'],
  ])('%s with %s', (path, errno, why) => {
    expect(explainDirectory(path, errno, scene(user)).why).toBe(why);
  });
});

describe('text of the image in a message', () => {
  test.each([
    ['/bin/sh\r', '"/bin/sh\\r"'],
    ['\u001b[2J', '"\\u001b[2J"'],
    ['\u009b2J', '"\\u009b2J"'],
    ['a\u202egpj.exe', '"a\\u202egpj.exe"'],
    ['say "hi"', '"say \\"hi\\""'],
  ])('%j cannot touch the terminal', (text, expected) => {
    expect(quote(text)).toBe(expected);
  });
  test('is cut when it is long', () => {
    expect(quote('x'.repeat(100_000)).length).toBeLessThan(500);
  });
});
