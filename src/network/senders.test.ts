import { expect, test, vi } from 'vitest';
import { bindPort } from './senders.ts';

// What a kernel without the family `bridge` says to a transaction of it.
vi.mock('./netlink/send.ts', () => ({ tryNetlink: () => ({ index: 1, errno: 95, text: null }) }));

test('a kernel without rules for bridges is told of, and not taken for one that has them', () => {
  const port = { hostName: 've0-0', mac: '02:74:0a:d8:00:02' };
  expect(bindPort({ type: 'own' }, { family: 'inet', name: 'tsrun' }, port, ['10.216.0.2'])).toMatch(
    /^containers of one network can send with each other's addresses: .*\(ENOTSUP\): CONFIG_NF_TABLES_BRIDGE is off/,
  );
});
