import { expect, test } from 'vitest';
import type { Digest } from '../image/image.ts';
import { imageFilter } from './image-filter.ts';

const image = {
  id: `sha256:${'0'.repeat(64)}` as Digest,
  names: [],
  created: null,
  bytes: 0,
  manifest: null,
  labels: { team: 'web', bare: '' },
};

test.each<[readonly string[], string | null, boolean]>([
  [[], null, true],
  [['dangling=true'], null, true],
  [['dangling=true'], 'a:1', false],
  [['dangling=false'], 'a:1', true],
  [['reference=bus*'], 'busybox:1', true],
  [['reference=bus*:2'], 'busybox:1', false],
  [['reference=bus*'], 'team/busybox:1', false],
  [['reference=*/b?sybox:1'], 'team/busybox:1', true],
  [['reference=a.b'], 'a-b:1', false],
  [['reference=a', 'reference=b'], 'b:1', true],
  [['label=team'], null, true],
  [['label=team=web', 'dangling=true'], null, true],
  [['label=team=db'], null, false],
  [['label=toString'], null, false],
])('%j wants %s: %s', (given, name, expected) => {
  expect(imageFilter(given)(image, name)).toBe(expected);
});

test.each([
  ['dangling', '"dangling" is not a filter'],
  ['dangling=maybe', 'dangling is true or false'],
  ['since=a', '"since" is not a filter; they are dangling, label, reference'],
  ['refernce=a', '"refernce" is not a filter'],
])('%s is refused', (text, why) => {
  expect(() => imageFilter([text])).toThrow(
    expect.objectContaining({ code: 'USAGE', why: expect.stringContaining(why) }),
  );
});
