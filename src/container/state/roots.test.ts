import { expect, test } from 'vitest';
import { ociRoot } from './roots.ts';

const rootOf = (uid: number, env: Record<string, string>, userNamespace = false, asked: string | null = null): string =>
  ociRoot({ asked, uid, env, inUserNamespace: () => userNamespace });

test('--root is what it says, as runc has it', () => {
  expect(rootOf(0, { TSRUN_ROOT: '/x' }, false, '/run/containerd/runc/moby')).toBe('/run/containerd/runc/moby');
});

test('TSRUN_ROOT moves the OCI containers along with all state', () => {
  expect(rootOf(0, { TSRUN_ROOT: '/x' })).toBe('/x/oci');
});

test('root of the host uses /run, whatever XDG_RUNTIME_DIR says', () => {
  expect(rootOf(0, { XDG_RUNTIME_DIR: '/run/user/0' })).toBe('/run/tsrun/oci');
  expect(rootOf(0, { XDG_RUNTIME_DIR: '' }, true)).toBe('/run/tsrun/oci');
});

test('uid 0 of a user namespace uses its XDG_RUNTIME_DIR, as rootless podman wants', () => {
  expect(rootOf(0, { XDG_RUNTIME_DIR: '/run/user/1000' }, true)).toBe('/run/user/1000/tsrun/oci');
});

test('an ordinary user has a directory without XDG_RUNTIME_DIR too', () => {
  expect(rootOf(1000, { XDG_RUNTIME_DIR: '/run/user/1000' })).toBe('/run/user/1000/tsrun/oci');
  expect(rootOf(1000, {})).toBe('/tmp/tsrun-1000/oci');
});
