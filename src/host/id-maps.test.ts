import { describe, expect, test } from 'vitest';
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
  expect(() => userNamespaceFor('keep-id', { type: 'root' })).toThrow('keep-id is for ordinary users');
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

describe('keep-id', () => {
  test('the own id lies between two pieces of the range', () => {
    expect(userNamespaceFor('keep-id', user())).toMatchObject({
      uids: [
        { container: 0, host: 100000, size: 1000 },
        { container: 1000, host: 1000, size: 1 },
        { container: 1001, host: 101000, size: 64536 },
      ],
      gids: [
        { container: 0, host: 200000, size: 100 },
        { container: 100, host: 100, size: 1 },
        { container: 101, host: 200100, size: 65436 },
      ],
    });
  });

  test.each([
    [
      5,
      [
        [0, 100, 5],
        [5, 5, 1],
        [6, 105, 5],
        [11, 300, 10],
      ],
    ],
    [
      10,
      [
        [0, 100, 10],
        [10, 10, 1],
        [11, 300, 10],
      ],
    ],
    [
      15,
      [
        [0, 100, 10],
        [10, 300, 5],
        [15, 15, 1],
        [16, 305, 5],
      ],
    ],
    [
      20,
      [
        [0, 100, 10],
        [10, 300, 10],
        [20, 20, 1],
      ],
    ],
    [
      5000,
      [
        [0, 100, 10],
        [10, 300, 10],
        [5000, 5000, 1],
      ],
    ],
  ])('with two ranges of ten, the own id %i overlaps nothing', (uid, expected) => {
    const subuids = [
      { start: 100, size: 10 },
      { start: 300, size: 10 },
    ];
    const made = userNamespaceFor('keep-id', user({ uid, subuids }));
    const lines = made.type === 'new' ? made.uids.map(({ container, host, size }) => [container, host, size]) : [];
    expect(lines).toEqual(expected);
  });

  test('needs more than one id', () => {
    expect(() => userNamespaceFor('keep-id', user({ canMapRanges: false }))).toThrow(
      expect.objectContaining({ hint: expect.stringContaining('me:100000:65536') }),
    );
  });
});
