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

test('keep-id puts the user where it is outside, and the subordinate ids around', () => {
  expect(userNamespaceFor({ type: 'keep-id', uid: null, gid: 5 }, user())).toEqual({
    type: 'new',
    uids: [
      { container: 0, host: 100000, size: 1000 },
      { container: 1000, host: 1000, size: 1 },
      { container: 1001, host: 101000, size: 64536 },
    ],
    gids: [
      { container: 0, host: 200000, size: 5 },
      { container: 5, host: 100, size: 1 },
      { container: 6, host: 200005, size: 65531 },
    ],
    writer: 'newidmap',
  });
});

test('keep-id beyond the ranges, at their edge and at 0', () => {
  const small = user({
    subuids: [
      { start: 100000, size: 10 },
      { start: 300000, size: 20 },
    ],
  });
  const uids = (uid: number) => {
    const map = userNamespaceFor({ type: 'keep-id', uid, gid: null }, small);
    return map.type === 'new' ? map.uids.map(({ container, host, size }) => [container, host, size]) : [];
  };
  expect(uids(500)).toEqual([
    [0, 100000, 10],
    [10, 300000, 20],
    [500, 1000, 1],
  ]);
  expect(uids(10)).toEqual([
    [0, 100000, 10],
    [10, 1000, 1],
    [11, 300000, 20],
  ]);
  expect(uids(0)).toEqual([
    [0, 1000, 1],
    [1, 100000, 10],
    [11, 300000, 20],
  ]);
});

test('keep-id needs subordinate ids; of root it keeps all ids, and gives it no other', () => {
  const keep = { type: 'keep-id', uid: null, gid: null } as const;
  const refused = expect.objectContaining({ code: 'HOST_UNSUPPORTED' });
  expect(() => userNamespaceFor(keep, user({ canMapRanges: false }))).toThrow(refused);
  const all = [{ container: 0, host: 0, size: 2 ** 32 - 1 }];
  expect(userNamespaceFor(keep, { type: 'root' })).toMatchObject({ uids: all, gids: all, writer: 'direct' });
  expect(() => userNamespaceFor({ ...keep, uid: 7 }, { type: 'root' })).toThrow(refused);
});
