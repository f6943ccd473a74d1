import { expect, test } from 'vitest';
import { referencesOf } from './naming.ts';
import { nameFromFile } from './rootfs/name-from-file.ts';

test.each([
  ['alpine-minirootfs-3.20.3-x86_64.tar.gz', 'localhost/alpine-minirootfs:3.20.3-x86_64'],
  ['/tmp/busybox.tar', 'localhost/busybox:latest'],
  ['Debian_12.tar.xz', 'localhost/debian:12'],
  ['my root fs.tar', 'localhost/my-root-fs:latest'],
  ['app-v1.2+dirty.tgz', 'localhost/app:1.2-dirty'],
  ['layer7.tar', 'localhost/layer7:latest'],
  ['2024.tar', 'localhost/2024:latest'],
])('a root filesystem in %s is called %s', (file, name) => {
  expect(nameFromFile(file)).toBe(name);
});

test('a file name without a letter or digit gives no name', () => {
  expect(nameFromFile('/tmp/....tar')).toBeNull();
});

test('a bare word of an OCI layout is a tag of what the file is called', () => {
  expect(referencesOf(['latest', '1.36'], '/x/busybox.tar')).toEqual([
    'localhost/busybox:latest',
    'localhost/busybox:1.36',
  ]);
});

test('a tag that came through standard input names nothing', () => {
  expect(referencesOf(['latest'], null)).toEqual([]);
});

test('whole names are kept, once each, and what is no name is left out', () => {
  expect(referencesOf(['a:1', 'docker.io/library/a:1', 'Not/A Name:1'], '/x/a.tar')).toEqual(['docker.io/library/a:1']);
});
