import { expect, test } from 'vitest';
import { mountPropagation } from './mount-propagation.ts';

const mountinfo = `22 1 254:0 / / rw,relatime - ext4 /dev/vda rw
23 22 0:22 / /srv rw shared:1 - tmpfs none rw
24 22 0:23 / /srv rw shared:2 master:1 - tmpfs none rw
25 24 0:24 / /srv/a\\040b rw master:7 propagate_from:1 - tmpfs none rw
`;

test.each([
  ['/', '/', 'private'],
  ['/srvice', '/', 'private'],
  ['/srv', '/srv', 'shared'],
  ['/srv/deep/er', '/srv', 'shared'],
  ['/srv/a b/c', '/srv/a b', 'slave'],
])('%s lies on the mount %s, which is %s', (path, mountPoint, type) => {
  expect(mountPropagation(path, mountinfo)).toEqual({ mountPoint, type });
});
