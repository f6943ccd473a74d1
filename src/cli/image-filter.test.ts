import { expect, test } from 'vitest';
import type { Digest } from '../image/image.ts';
import { type FilterContext, imageFilter } from './image-filter.ts';

const image = {
  id: `sha256:${'0'.repeat(64)}` as Digest,
  names: [],
  created: null,
  bytes: 0,
  manifest: null,
  labels: { team: 'web', bare: '' },
};

/** Stored images by name. */
const created: Readonly<Record<string, string | null>> = {
  old: '2026-01-01T00:00:00Z',
  new: '2026-03-01T00:00:00.000000002Z',
  newer: '2026-03-01T01:00:00.000000003+01:00',
  silent: null,
};
const context: FilterContext = {
  now: Date.parse('2026-03-02T00:00:00Z'),
  createdOf: (reference) => created[reference] ?? null,
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
  [['label=team', 'label=bare'], null, true],
  [['label=team', 'label=other'], null, false],
  [['label!=team'], null, false],
  [['label!=team=db'], null, true],
  [['dangling=1'], null, true],
])('%j wants %s: %s', (given, name, expected) => {
  expect(imageFilter(given, context)(image, name)).toBe(expected);
});

test.each<[readonly string[], readonly string[]]>([
  [['before=new'], ['old']],
  [['since=old'], ['new', 'newer']],
  [['since=old', 'before=new'], []],
  [['before=new', 'before=old'], []],
  [['until=24h'], ['old']],
  [['until=23h'], ['old', 'new', 'newer']],
  [['until=2026-02-01'], ['old']],
  // Of one millisecond, and told in another time zone.
  [['since=new'], ['newer']],
  [['before=newer', 'since=old'], ['new']],
])('%j leaves %j', (given, expected) => {
  const wants = imageFilter(given, context);
  expect(Object.keys(created).filter((name) => wants({ ...image, created: created[name] ?? null }, name))).toEqual(
    expected,
  );
});

test.each([
  ['dangling', '"dangling" is not a filter'],
  ['dangling=maybe', 'neither true nor false'],
  ['age=1', '"age" is not a filter; they are dangling, label, label!, reference, before, since, until'],
  ['since=silent', 'that image does not say when it was made'],
  ['until=yesterday', 'it is no moment'],
  ['refernce=a', '"refernce" is not a filter'],
])('%s is refused', (text, why) => {
  expect(() => imageFilter([text], context)).toThrow(
    expect.objectContaining({ code: 'USAGE', why: expect.stringContaining(why) }),
  );
});
