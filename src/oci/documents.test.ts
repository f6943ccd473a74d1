/** The documents that `features` and `spec` print. */
import { describe, expect, it } from 'vitest';
import { exampleConfig } from './example-config.ts';
import { featuresDocument } from './features.ts';
import { parseMountOptions } from './mount-options.ts';
import { parseConfig } from './parse/config.ts';

describe('features', () => {
  const features = featuresDocument({
    version: '0.1.0',
    libseccomp: '2.5.4',
    seccompArchitectures: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_ARM'],
    seccompFlags: 0b110,
    checkpoint: false,
  });

  it('names every option that the specification says a runtime must know', () => {
    // config.md#mounts, "Linux mount options": MUST and SHOULD.
    const must = [
      ...['async', 'atime', 'bind', 'defaults', 'dev', 'diratime', 'dirsync', 'exec', 'iversion', 'lazytime', 'loud'],
      ...['noatime', 'nodev', 'nodiratime', 'noexec', 'noiversion', 'nolazytime', 'norelatime', 'nostrictatime'],
      ...['nosuid', 'nosymfollow', 'private', 'ratime', 'rbind', 'rdev', 'rdiratime', 'relatime', 'remount', 'rexec'],
      ...['rnoatime', 'rnodev', 'rnodiratime', 'rnoexec', 'rnorelatime', 'rnostrictatime', 'rnosuid', 'rnosymfollow'],
      ...['ro', 'rprivate', 'rrelatime', 'rro', 'rrw', 'rshared', 'rslave', 'rstrictatime', 'rsuid', 'rsymfollow'],
      ...['runbindable', 'rw', 'shared', 'silent', 'slave', 'strictatime', 'suid', 'symfollow', 'sync', 'tmpcopyup'],
      ...['unbindable', 'idmap', 'ridmap'],
    ];
    expect(must.filter((word) => !features.mountOptions.includes(word))).toEqual([]);
  });
  it('names no mount option that would reach the filesystem, but for flags of the superblock', () => {
    const passed = features.mountOptions.flatMap((word) => parseMountOptions([word]).parameters);
    expect(passed).toEqual(['dirsync', 'lazytime', 'mand', 'sync']);
  });
  it('names the seccomp flags that the kernel takes', () => {
    expect(features.linux.seccomp.supportedFlags).toEqual([
      'SECCOMP_FILTER_FLAG_LOG',
      'SECCOMP_FILTER_FLAG_SPEC_ALLOW',
    ]);
    expect(features.linux.seccomp.archs).toEqual(['SCMP_ARCH_ARM', 'SCMP_ARCH_X86_64']);
  });
  it('are all there: what is absent would mean "unknown"', () => {
    expect(features).toMatchObject({
      ociVersionMin: '1.0.0',
      linux: {
        namespaces: ['cgroup', 'ipc', 'mount', 'network', 'pid', 'time', 'user', 'uts'],
        cgroup: { v1: false, v2: true },
        intelRdt: { enabled: false },
      },
    });
    expect(features.linux.capabilities).toHaveLength(41);
    expect(features.linux.seccomp.actions).toHaveLength(9);
    expect(features.linux.seccomp.operators).toHaveLength(7);
  });
});

describe('the example config', () => {
  it('is one that is accepted', () => {
    for (const whose of [{ type: 'root' }, { type: 'rootless', uid: 1000, gid: 1000 }] as const) {
      expect(parseConfig(JSON.parse(JSON.stringify(exampleConfig(whose))))).toEqual(exampleConfig(whose));
    }
  });
  it('of an ordinary user needs nothing that only root has', () => {
    const { linux, mounts = [] } = exampleConfig({ type: 'rootless', uid: 1000, gid: 100 });
    expect(linux).toMatchObject({
      uidMappings: [{ containerID: 0, hostID: 1000, size: 1 }],
      gidMappings: [{ containerID: 0, hostID: 100, size: 1 }],
    });
    expect(linux?.resources).toBeUndefined();
    expect(linux?.namespaces?.map(({ type }) => type)).toContain('user');
    expect(linux?.namespaces?.map(({ type }) => type)).not.toContain('network');
    expect(mounts.find(({ destination }) => destination === '/sys')?.options).toContain('rbind');
    expect(mounts.flatMap(({ options = [] }) => options).filter((option) => /id=/.test(option))).toEqual([]);
  });
});
