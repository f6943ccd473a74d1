import { describe, expect, test } from 'vitest';
import { candidateReferences, familiarName, normaliseReference, parseReference, readReference } from './reference.ts';

describe('names are read as docker reads them', () => {
  test.each([
    ['alpine', 'docker.io/library/alpine:latest'],
    ['alpine:3.20', 'docker.io/library/alpine:3.20'],
    ['library/alpine', 'docker.io/library/alpine:latest'],
    ['docker.io/alpine', 'docker.io/library/alpine:latest'],
    ['index.docker.io/library/alpine', 'docker.io/library/alpine:latest'],
    ['user/app', 'docker.io/user/app:latest'],
    ['localhost/app', 'localhost/app:latest'],
    ['localhost:5000/app:1', 'localhost:5000/app:1'],
    ['registry.example/team/app', 'registry.example/team/app:latest'],
    ['[::1]:5000/app', '[::1]:5000/app:latest'],
    ['a__b.c-d', 'docker.io/library/a__b.c-d:latest'],
  ])('%s is %s', (typed, whole) => {
    expect(normaliseReference(typed)).toBe(whole);
  });

  test.each([
    '',
    ':',
    'Alpine',
    'a/',
    '/a',
    'a//b',
    '-a',
    'a:',
    'a:-b',
    'a b',
    '../a',
    'a/../b',
    'a@sha256:abc',
    `a:${'t'.repeat(129)}`,
    'r'.repeat(256),
    'a_',
    'host:port/app',
  ])('"%s" is no name', (typed) => {
    expect(normaliseReference(typed)).toBeNull();
  });

  test('a name with a digest keeps it', () => {
    const digest = `sha256:${'0'.repeat(64)}`;
    expect(readReference(`alpine:3@${digest}`)).toEqual({ repository: 'docker.io/library/alpine', tag: '3', digest });
  });

  test('a name that must be one is refused with an example', () => {
    expect(() => parseReference('No Name')).toThrow('cannot use "No Name" as an image name');
  });
});

test('a short name may also mean an image that came from a file', () => {
  expect(candidateReferences('app')).toEqual(['docker.io/library/app:latest', 'localhost/app:latest']);
});

test.each([
  ['docker.io/library/alpine:3', 'alpine:3'],
  ['docker.io/user/app:1', 'user/app:1'],
  ['localhost/app:1', 'app:1'],
  ['localhost:5000/app:1', 'localhost:5000/app:1'],
  ['quay.io/a/b:1', 'quay.io/a/b:1'],
])('%s is shown as %s', (whole, shown) => {
  expect(familiarName(parseReference(whole))).toBe(shown);
});
