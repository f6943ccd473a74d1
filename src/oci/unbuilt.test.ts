import { describe, expect, it } from 'vitest';
import type { OciConfig } from './config.ts';
import { refuseUnbuilt } from './unbuilt.ts';

const base: OciConfig = { ociVersion: '1.2.0' };

describe('what no step does', () => {
  it.each([['linux.netDevices', { ...base, linux: { netDevices: { eth0: {} } } }]] as const)(
    '%s is refused by name',
    (field, config) => {
      expect(() => refuseUnbuilt(config)).toThrow(`cannot use ${field}`);
    },
  );
  it('is not what asks for nothing', () => {
    refuseUnbuilt({
      ...base,
      process: { cwd: '/', user: { uid: 0, gid: 0 }, apparmorProfile: '', execCPUAffinity: {} },
      hooks: { createContainer: [] },
      linux: { mountLabel: '', netDevices: {}, personality: { domain: 'LINUX' } },
    });
  });
});
