import { expect, test } from 'vitest';
import type { Privilege } from '../plan/host-facts.ts';
import { userNamespaceFor } from './id-maps.ts';

const user = (changes: Partial<Extract<Privilege, { type: 'rootless' }>> = {}): Privilege => ({
  type: 'rootless',
  uid: 1000,
  gid: 100,
  user: 'me',
  subuids: [{ start: 100000, size: 65536 }],
  subgids: [{ start: 200000, size: 65536 }],
  canMapRanges: true,
  ...changes,
});

test('root shares the user namespace unless asked otherwise', () => {
  expect(userNamespaceFor('default', { type: 'root' })).toEqual({ type: 'host' });
  expect(userNamespaceFor('private', { type: 'root' })).toMatchObject({ type: 'new', writer: 'direct' });
});

test('root inside is the user outside, the rest are subordinate ids', () => {
  expect(userNamespaceFor('default', user())).toEqual({
    type: 'new',
    uids: [
      { container: 0, host: 1000, size: 1 },
      { container: 1, host: 100000, size: 65536 },
    ],
    gids: [
      { container: 0, host: 100, size: 1 },
      { container: 1, host: 200000, size: 65536 },
    ],
    writer: 'newidmap',
  });
});

test('several ranges follow each other', () => {
  const subuids = [
    { start: 100000, size: 10 },
    { start: 300000, size: 20 },
  ];
  expect(userNamespaceFor('private', user({ subuids }))).toMatchObject({
    uids: [
      { container: 0, host: 1000, size: 1 },
      { container: 1, host: 100000, size: 10 },
      { container: 11, host: 300000, size: 20 },
    ],
  });
});

test('without newuidmap a single id is mapped', () => {
  expect(userNamespaceFor('default', user({ canMapRanges: false }))).toEqual({
    type: 'new',
    uids: [{ container: 0, host: 1000, size: 1 }],
    gids: [{ container: 0, host: 100, size: 1 }],
    writer: 'single',
  });
});

test('an ordinary user cannot do without a user namespace', () => {
  expect(() => userNamespaceFor('host', user())).toThrow(expect.objectContaining({ code: 'HOST_UNSUPPORTED' }));
});
