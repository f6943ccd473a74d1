import { describe, expect, it } from 'vitest';
import type { CgroupHost } from '../plan/host-facts.ts';
import { type OciPlace, placeForOci, placeForRun } from './placement.ts';

const facts = { elsewhere: {}, cpuset: { cpus: '', mems: '' }, systemd: null };
const root = {
  type: 'available',
  mount: '/sys/fs/cgroup',
  base: '/sys/fs/cgroup/tsrun',
  delegation: ['/sys/fs/cgroup'],
  controllers: ['memory'],
  monitorLeaf: null,
  ...facts,
} satisfies CgroupHost;
const user = { ...root, base: '/sys/fs/cgroup/course', delegation: [] } satisfies CgroupHost;
const bare = { type: 'unavailable', reason: 'no', hint: 'none', ...facts } satisfies CgroupHost;
const under = <Host extends CgroupHost>(host: Host, bus: 'system' | 'user'): Host => ({
  ...host,
  systemd: { bus, directory: bus === 'system' ? '/sys/fs/cgroup' : '/sys/fs/cgroup/u', controllers: [] },
});

const run = (host: CgroupHost, parent: string | null = null, wanted = true) =>
  placeForRun(host, { id: 'c7f', parent, wanted });
const oci = (host: CgroupHost, cgroupsPath: string, more: Partial<OciPlace> = {}) =>
  placeForOci(host, { id: 'c7f', name: 'c7f', manager: 'cgroupfs', cgroupsPath, annotations: {}, ...more });

describe('tsrun run', () => {
  it('makes its group by hand without systemd', () => {
    expect(run(root)).toMatchObject({ type: 'directory', path: '/sys/fs/cgroup/tsrun/c7f' });
    expect(run(user)).toMatchObject({ type: 'directory', path: '/sys/fs/cgroup/course/c7f' });
    expect(run(bare)).toEqual({ type: 'none', reason: 'no', hint: 'none' });
  });
  it('stays below its base whatever the path says', () => {
    expect(run(root, '../../../etc')).toMatchObject({ path: '/sys/fs/cgroup/tsrun/etc/c7f' });
  });
  it('has a scope of its own under systemd, in a slice of ours or the one named', () => {
    const scope = '/sys/fs/cgroup/tsrun.slice/tsrun-c7f.scope';
    expect(run(under(root, 'system'))).toMatchObject({
      type: 'scope',
      path: `${scope}/container`,
      monitorLeaf: `${scope}/supervisor`,
      above: [scope],
      step: { bus: 'system', unit: 'tsrun-c7f.scope', slice: 'tsrun.slice', path: scope },
    });
    expect(run(under(bare, 'user'), 'ci-a.slice', false)).toMatchObject({
      path: '/sys/fs/cgroup/u/ci.slice/ci-a.slice/tsrun-c7f.scope/container',
    });
  });
  it('does not ask an ordinary user’s systemd for nothing', () => {
    expect(run(under(user, 'user'), null, false)).toMatchObject({ type: 'none' });
    expect(run(under(root, 'system'), null, false)).toMatchObject({ type: 'scope' });
  });
  it('takes a path that root names, and none from an ordinary user', () => {
    expect(run(under(root, 'system'), 'ci')).toMatchObject({ type: 'directory', path: '/sys/fs/cgroup/tsrun/ci/c7f' });
    expect(() => run(under(user, 'user'), 'ci')).toThrow(expect.objectContaining({ code: 'USAGE' }));
  });
});

describe('an OCI client with cgroupfs', () => {
  it.each([
    ['/docker/c7f', '/sys/fs/cgroup/docker/c7f'],
    ['docker/c7f', '/sys/fs/cgroup/tsrun/docker/c7f'],
    ['', '/sys/fs/cgroup/tsrun/c7f'],
    ['/../../etc', '/sys/fs/cgroup/etc'],
    ['../../../etc', '/sys/fs/cgroup/tsrun/etc'],
  ])('%j is %s', (cgroupsPath, path) => {
    expect(oci(root, cgroupsPath)).toMatchObject({ type: 'directory', path });
  });
  it('hands controllers on from the mount point down', () => {
    expect(oci(root, '/a/b/c7f')).toMatchObject({
      above: ['/sys/fs/cgroup', '/sys/fs/cgroup/a', '/sys/fs/cgroup/a/b'],
    });
    expect(oci(root, 'a/c7f')).toMatchObject({
      above: ['/sys/fs/cgroup', '/sys/fs/cgroup/tsrun', '/sys/fs/cgroup/tsrun/a'],
    });
  });
  it('an ordinary user has what was handed over to him', () => {
    expect(oci(user, '')).toMatchObject({ path: '/sys/fs/cgroup/course/c7f' });
    expect(oci(user, '/course/x')).toMatchObject({ path: '/sys/fs/cgroup/course/x' });
    expect(oci(user, '/docker/c7f')).toMatchObject({ type: 'none', reason: expect.stringContaining('only in') });
  });
  it('names a group', () => {
    for (const path of ['/', '/..', '.']) expect(() => oci(root, path)).toThrow('does not name a control group');
  });
  it('may do without any', () => {
    expect(oci(root, '/docker/c7f', { manager: 'disabled' })).toMatchObject({ type: 'none' });
  });
});

describe('an OCI client with systemd', () => {
  const systemd = { manager: 'systemd' } as const;
  it('has the scope itself', () => {
    expect(oci(under(root, 'system'), 'machine.slice:libpod:c7f', systemd)).toMatchObject({
      type: 'scope',
      path: '/sys/fs/cgroup/machine.slice/libpod-c7f.scope',
      monitorLeaf: null,
      above: [],
    });
    expect(oci(under(bare, 'user'), '', systemd)).toMatchObject({
      path: '/sys/fs/cgroup/u/user.slice/tsrun-c7f.scope',
    });
    expect(oci(under(root, 'system'), '-:a:b', systemd)).toMatchObject({ path: '/sys/fs/cgroup/a-b.scope' });
  });
  it('may set properties by annotations, its own before ours', () => {
    const annotations = {
      'org.systemd.property.CollectMode': "'inactive'",
      'org.systemd.property.TimeoutStopUSec': 'uint64 7',
    };
    const place = oci(under(root, 'system'), '', { ...systemd, annotations });
    const properties = place.type === 'scope' ? place.step.properties : [];
    expect(properties.map(({ name, value }) => [name, value])).toEqual([
      ['Description', 'container c7f'],
      ['DefaultDependencies', false],
      ['CollectMode', 'inactive'],
      ['TimeoutStopUSec', 7n],
    ]);
  });
  it('needs systemd, and a path in its form', () => {
    expect(() => oci(root, '', systemd)).toThrow(expect.objectContaining({ code: 'HOST_UNSUPPORTED' }));
    expect(() => oci(under(root, 'system'), '/docker/x', systemd)).toThrow(
      expect.objectContaining({ code: 'USAGE', why: expect.stringContaining('slice:prefix:name') }),
    );
  });
});
