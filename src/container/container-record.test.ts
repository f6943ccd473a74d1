import { expect, test } from 'vitest';
import { type ContainerRecord, parseRecord } from './container-record.ts';
import type { ContainerId, VolumeName } from './request/run-request.ts';

const maps = [{ container: 0, host: 100_000, size: 65_536 }];
const record: ContainerRecord = {
  version: 1,
  id: 'ab'.repeat(32) as ContainerId,
  name: 'quiet_river',
  cgroup: '/sys/fs/cgroup/tsrun/x',
  userns: { type: 'new', uids: maps, gids: maps, writer: 'newidmap' },
  volumes: [{ name: 'data' as VolumeName, kind: 'named' }],
};

test('a record reads as it was written', () => {
  expect(parseRecord(JSON.stringify(record))).toEqual(record);
  const plain: ContainerRecord = { ...record, cgroup: null, userns: { type: 'host' } };
  expect(parseRecord(JSON.stringify(plain))).toEqual(plain);
});

test('what a killed writer left of one is none', () => {
  const text = JSON.stringify(record);
  for (let length = 0; length < text.length; length++) expect(parseRecord(text.slice(0, length))).toBeNull();
});

test.each([
  ['another version', { version: 2 }],
  ['an id that leads elsewhere', { id: '../../etc' }],
  ['no name', { name: undefined }],
  ['a relative control group', { cgroup: 'tsrun/x' }],
  ['no user namespace', { userns: null }],
  ['a kind of user namespace that there is not', { userns: { type: 'some' } }],
  [
    'maps that are none',
    { userns: { type: 'new', uids: [{ container: -1, host: 0, size: 1 }], gids: maps, writer: 'direct' } },
  ],
  ['volumes that are none', { volumes: ['data'] }],
  ['a writer that there is not', { userns: { type: 'new', uids: maps, gids: maps, writer: 'me' } }],
])('%s is refused', (_, change) => {
  expect(parseRecord(JSON.stringify({ ...record, ...change }))).toBeNull();
});
