import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { findPath, looksLikePath, readStandardInput } from './argument.ts';

const here = mkdtempSync(join(tmpdir(), 'tsrun-test-'));
afterAll(() => rmSync(here, { recursive: true }));
for (const name of ['images.tar', 'odd:name.tar', 'odd']) writeFileSync(join(here, name), '');
mkdirSync(join(here, 'layout'));

const found = (argument: string) => {
  const path = findPath(argument);
  return path === null ? null : [path.path.slice(here.length + 1), path.selector];
};

test.each(['./x', '/x', '../x', '.', '..', 'a/b', 'x.tar', 'x.tar.gz', 'x.TGZ', 'x.tar:tag', 'x.oci'])(
  '%s is meant as a path',
  (text) => expect(looksLikePath(text)).toBe(true),
);
test.each([
  ['-', { selector: null }],
  ['-:a:1', { selector: 'a:1' }],
  ['-:', null],
  ['-x', null],
  ['x-', null],
])('%s says of standard input %j', (text, expected) => expect(readStandardInput(text)).toEqual(expected));

test.each(['alpine', 'alpine:3.20', 'tar', 'target:1', '-', 'abcdef0123'])('%s is meant as a name', (text) =>
  expect(looksLikePath(text)).toBe(false),
);

describe('a path', () => {
  test.each([
    ['images.tar', ['images.tar', null]],
    ['images.tar:alpine:3.20', ['images.tar', 'alpine:3.20']],
    ['images.tar:localhost:5000/a:1', ['images.tar', 'localhost:5000/a:1']],
    ['layout:latest', ['layout', 'latest']],
    ['odd:name.tar', ['odd:name.tar', null]],
    ['odd:name.tar:x', ['odd:name.tar', 'x']],
    ['missing.tar', null],
    ['missing.tar:x', null],
    ['images.tar/below', null],
  ])('%s is found with its selector', (argument, expected) => {
    expect(found(join(here, argument))).toEqual(expected);
  });

  test.each(['docker-archive:', 'oci-archive:', 'oci:', 'dir:'])('may have podman\'s "%s" in front', (transport) => {
    expect(found(`${transport}${join(here, 'images.tar')}:x`)).toEqual(['images.tar', 'x']);
  });

  test('that no file can have is none', () => {
    expect(findPath('x'.repeat(5000))).toBeNull();
    expect(findPath('')).toBeNull();
  });
});
