import { describe, expect, test } from 'vitest';
import { parseGroup, parsePasswd } from './passwd.ts';
import { resolveUser } from './resolve-user.ts';

const passwd = parsePasswd(
  [
    'root:x:0:0:root:/root:/bin/sh',
    'daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin',
    'app:x:1000:1001::/home/app:/bin/sh',
    '2000:x:77:78::/srv:/bin/sh',
    'broken line',
    'big:x:4294967296:0::/:/bin/sh',
  ].join('\n'),
);
const group = parseGroup(['root:x:0:', 'audio:x:29:app,daemon', 'video:x:44:app', 'staff:x:50:'].join('\n'));
const resolve = (user: string, groupAdd: readonly string[] = []) => resolveUser({ user, groupAdd }, passwd, group);

describe('a user of the image', () => {
  test.each([
    ['', { uid: 0, gid: 0, groups: [0], home: '/root' }],
    ['0', { uid: 0, gid: 0, groups: [0], home: '/root' }],
    ['1', { uid: 1, gid: 1, groups: [1, 29], home: '/usr/sbin' }],
    ['app', { uid: 1000, gid: 1001, groups: [1001, 29, 44], home: '/home/app' }],
    ['1000', { uid: 1000, gid: 1001, groups: [1001, 29, 44], home: '/home/app' }],
    ['app:staff', { uid: 1000, gid: 50, groups: [50], home: '/home/app' }],
    ['1000:0', { uid: 1000, gid: 0, groups: [0], home: '/home/app' }],
    ['1:', { uid: 1, gid: 1, groups: [1, 29], home: '/usr/sbin' }],
    ['12345', { uid: 12345, gid: 0, groups: [0], home: '/' }],
    ['2147483647', { uid: 2147483647, gid: 0, groups: [0], home: '/' }],
    ['2000', { uid: 77, gid: 78, groups: [78], home: '/srv' }],
  ] as const)('%j is %j', (user, expected) => {
    expect(resolve(user)).toEqual(expected);
  });

  test.each(['-1', '2147483648', '4294967295', '4294967296', '99999999999', '0x0', '+1'])(
    'the id %j is refused and never becomes another id',
    (user) => {
      expect(() => resolve(user)).toThrow(/invalid user/);
    },
  );

  test.each([' 0', 'nobody', 'big', 'app\n'])('the name %j is not found', (user) => {
    expect(() => resolve(user)).toThrow(/cannot find the user/);
  });

  test('groups are added by name and by number, once each', () => {
    expect(resolve('app', ['staff', '44', '4242']).groups).toEqual([1001, 29, 44, 50, 4242]);
  });

  test('an unknown group names the groups there are', () => {
    expect(() => resolve('app', ['wheel'])).toThrow(/cannot find the group "wheel"/);
  });
});
