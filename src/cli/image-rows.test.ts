import { expect, test } from 'vitest';
import type { Digest } from '../image/image.ts';
import { imagesText } from './commands/images.ts';
import { imageRows, splitName } from './image-rows.ts';

const id = `sha256:${'0123456789abcdef'.repeat(4)}` as Digest;
const now = Date.parse('2026-01-10T00:00:00Z');
const image = {
  id,
  names: ['alpine:3.20', 'localhost:5000/a:1'],
  created: '2026-01-07T00:00:00Z',
  bytes: 7_800_000,
  manifest: null,
  labels: {},
};

test.each([
  ['alpine:3.20', 'alpine', '3.20'],
  ['localhost:5000/a/b', 'localhost:5000/a/b', '<none>'],
  ['localhost:5000/a:1', 'localhost:5000/a', '1'],
  ['a@sha256:00', 'a', '<none>'],
])('%s is the repository %s and the tag %s', (name, repository, tag) => {
  expect(splitName(name)).toEqual({ repository, tag });
});

test('each name has a row; an image without names has one', () => {
  const rows = imageRows([image, { ...image, names: [] }], now, 'short');
  expect(rows.map(({ Repository, Tag, ID }) => [Repository, Tag, ID])).toEqual([
    ['alpine', '3.20', '0123456789ab'],
    ['localhost:5000/a', '1', '0123456789ab'],
    ['<none>', '<none>', '0123456789ab'],
  ]);
});

test('an image that was made at the beginning of time has no age', () => {
  const ages = [null, '1970-01-01T00:00:00Z', '0001-01-01T00:00:00Z', 'rubbish'].map((created) => ({
    ...image,
    created,
  }));
  expect(new Set(imageRows(ages, now, 'short').map(({ CreatedSince }) => CreatedSince))).toEqual(new Set(['N/A']));
});

test('the table has the columns of docker', () => {
  expect(
    imagesText(imageRows([image], now, 'short'), {})
      .split('\n')
      .slice(0, 2),
  ).toEqual([
    'REPOSITORY         TAG    IMAGE ID       CREATED      SIZE',
    'alpine             3.20   0123456789ab   3 days ago   7.8MB',
  ]);
  expect(imagesText(imageRows([image], now, 'full'), { quiet: true })).toBe(id);
  expect(imagesText(imageRows([image], now, 'short'), { format: '{{.Repository}}={{.Size}}' })).toBe(
    'alpine=7.8MB\nlocalhost:5000/a=7.8MB',
  );
  const named = imageRows([{ ...image, manifest: id, names: ['a:1'] }], now, 'short');
  expect(imagesText(named, { format: 'table {{.Repository}}\\t{{.Size}}' })).toBe(
    'REPOSITORY   SIZE\na            7.8MB',
  );
  expect(imagesText(named, { digests: true })).toMatch(/^REPOSITORY {3}TAG {3}DIGEST +IMAGE ID .*\na {12}1 {5}sha256:/);
});
