import { expect, it } from 'vitest';
import { listenerMessage } from './seccomp-listener.ts';

it('the message to a listener is cut where the pid stands, whatever annotations say', () => {
  const annotations = { a: `"pid":${2 ** 42}` };
  const container = { ociVersion: '1.2.0', id: 'c1', bundle: '/b', annotations };
  expect(listenerMessage(container, { status: 'running', pid: 5 }, '')).toHaveLength(2);
  const parts = listenerMessage(container, { status: 'creating' }, 'meta');
  expect(parts).toHaveLength(3);
  expect(JSON.parse(parts.join('4711'))).toEqual({
    ociVersion: '1.2.0',
    fds: ['seccompFd'],
    pid: 4711,
    metadata: 'meta',
    state: { ociVersion: '1.2.0', id: 'c1', status: 'creating', pid: 4711, bundle: '/b', annotations },
  });
});
