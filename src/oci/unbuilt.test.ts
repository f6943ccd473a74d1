import { describe, expect, it } from 'vitest';
import type { OciConfig } from './config.ts';
import { refuseUnbuilt } from './unbuilt.ts';

const base: OciConfig = { ociVersion: '1.2.0' };
const bind = (...options: string[]): OciConfig => ({
  ...base,
  mounts: [{ destination: '/a', source: '/b', options: ['rbind', ...options] }],
});

describe('what no step does', () => {
  it.each([
    ['linux.netDevices', { ...base, linux: { netDevices: { eth0: {} } } }],
    ['linux.rootfsPropagation', { ...base, linux: { rootfsPropagation: 'shared' } }],
    ['mounts[0].options "nosymfollow"', bind('ro', 'nosymfollow')],
    ['mounts[0].options "rrw"', bind('rrw')],
    ['mounts[0].options "idmap"', bind('idmap')],
  ] as const)('%s is refused by name', (field, config) => {
    expect(() => refuseUnbuilt(config)).toThrow(`cannot use ${field}`);
  });
  it('is not what asks for nothing', () => {
    refuseUnbuilt({
      ...base,
      process: { cwd: '/', user: { uid: 0, gid: 0 }, apparmorProfile: '', execCPUAffinity: {} },
      hooks: { createContainer: [] },
      linux: { mountLabel: '', netDevices: {}, personality: { domain: 'LINUX' }, rootfsPropagation: 'private' },
      mounts: [{ destination: '/t', type: 'tmpfs', options: ['rrw', 'rsuid'] }],
    });
  });
});
