import { describe, expect, it } from 'vitest';
import type { CgroupHost } from '../plan/host-facts.ts';
import { placeForOci, placeForRun } from './placement.ts';
import { type CgroupRequest, cgroupSteps } from './steps.ts';

const facts = { cpuset: { cpus: '0-3', mems: '0' }, systemd: null };
const host = {
  type: 'available',
  mount: '/sys/fs/cgroup',
  base: '/sys/fs/cgroup/tsrun',
  delegation: ['/sys/fs/cgroup'],
  controllers: ['cpu', 'memory', 'pids'],
  monitorLeaf: null,
  elsewhere: {},
  ...facts,
} satisfies CgroupHost;
const hybrid: CgroupHost = {
  ...host,
  controllers: ['hugetlb'],
  elsewhere: { memory: 'cgroup v1 at /sys/fs/cgroup/memory' },
};
const none: CgroupHost = {
  type: 'unavailable',
  reason: 'there is no cgroup2 mount',
  hint: 'mount one',
  elsewhere: {},
  ...facts,
};

const plan = ({ parent = null, ...changes }: Partial<CgroupRequest> & { readonly parent?: string | null }) =>
  cgroupSteps({
    resources: {},
    host,
    placement: placeForRun(changes.host ?? host, { id: 'c0ffee', parent, wanted: true }),
    demand: 'required',
    defaulted: ['pids.max'],
    deviceRules: 'enforce',
    pageSize: 4096,
    ...changes,
  });

describe('the control group of a container', () => {
  it('gets its controllers from the top down, then its limits', () => {
    const { steps, path } = plan({ resources: { memory: { limit: 8192 }, pids: { limit: 9 } } });
    expect(path).toBe('/sys/fs/cgroup/tsrun/c0ffee');
    expect(
      steps.map((step) => [step.kind, 'path' in step ? step.path : '', 'demand' in step ? step.demand : '']),
    ).toEqual([
      ['cgroup-create', path, 'required'],
      ['cgroup-enable', '/sys/fs/cgroup', 'required'],
      ['cgroup-enable', '/sys/fs/cgroup/tsrun', 'required'],
      ['cgroup-enable', '/sys/fs/cgroup', 'best-effort'],
      ['cgroup-enable', '/sys/fs/cgroup/tsrun', 'best-effort'],
      // For the figures: nobody limits the processor.
      ['cgroup-enable', '/sys/fs/cgroup', 'best-effort'],
      ['cgroup-enable', '/sys/fs/cgroup/tsrun', 'best-effort'],
      ['cgroup-write', path, 'required'],
      ['cgroup-write', path, 'best-effort'],
    ]);
  });
  it('with a parent has every level enabled', () => {
    const { steps } = plan({ parent: '/ci/job', resources: { memory: { limit: 8192 } } });
    const enabled = steps.filter((step) => step.kind === 'cgroup-enable' && step.demand === 'required');
    expect(enabled.map((step) => 'path' in step && step.path)).toEqual([
      '/sys/fs/cgroup',
      '/sys/fs/cgroup/tsrun',
      '/sys/fs/cgroup/tsrun/ci',
      '/sys/fs/cgroup/tsrun/ci/job',
    ]);
  });
  it('has the files with figures without any limit, unless processes were in the way', () => {
    const enabled = (monitorLeaf: string | null) =>
      plan({ host: { ...host, monitorLeaf } }).steps.flatMap((step) =>
        step.kind === 'cgroup-enable' ? [[step.path, ...step.controllers, step.demand]] : [],
      );
    expect(enabled(null)).toEqual([
      ['/sys/fs/cgroup', 'cpu', 'memory', 'pids', 'best-effort'],
      ['/sys/fs/cgroup/tsrun', 'cpu', 'memory', 'pids', 'best-effort'],
    ]);
    expect(enabled('/sys/fs/cgroup/leaf')).toEqual([]);
  });
  it('needs no controller for a limit of "max"', () => {
    expect(plan({ resources: { pids: { limit: -1 } }, host: hybrid }).steps).toEqual([
      { kind: 'cgroup-create', path: '/sys/fs/cgroup/tsrun/c0ffee', demand: 'required' },
    ]);
  });
  it('lets the monitor leave the group that is to have controllers', () => {
    const leaf = '/sys/fs/cgroup/user/monitor';
    const { steps } = plan({ host: { ...host, monitorLeaf: leaf }, resources: { memory: { limit: 8192 } } });
    expect(steps.slice(0, 2)).toEqual([
      { kind: 'cgroup-create', path: leaf, demand: 'required' },
      { kind: 'cgroup-enter', path: leaf, demand: 'required' },
    ]);
  });
});

describe('a limit that cannot be had', () => {
  it('says which controller is missing and where it is', () => {
    const attempt = () => plan({ host: hybrid, resources: { memory: { limit: 8192 } } });
    expect(attempt).toThrow(
      expect.objectContaining({
        code: 'LIMIT_UNAVAILABLE',
        message: 'cannot set "memory.max"',
        why: 'the memory controller is not in cgroup v2 here: it is mounted as cgroup v1 at /sys/fs/cgroup/memory',
      }),
    );
  });
  it('is noted and not fatal when nobody asked for it', () => {
    const { notes, steps } = plan({ host: hybrid, resources: { pids: { limit: 2048 } } });
    expect(notes).toEqual([
      'pids.max 2048 is not in force: the pids controller is not available: cgroup v2 offers only hugetlb to tsrun',
    ]);
    expect(steps.map(({ kind }) => kind)).toEqual(['cgroup-create']);
  });
  it('is noted with best effort', () => {
    const { notes } = plan({ host: hybrid, demand: 'best-effort', resources: { memory: { limit: 8192 } } });
    expect(notes[0]).toContain('memory.max 8192 is not in force');
  });
  it('fails without cgroup v2, and only then', () => {
    expect(() => plan({ host: none, resources: { memory: { limit: 8192 } } })).toThrow('cannot set "memory.max"');
    expect(plan({ host: none, resources: { pids: { limit: 2048 } } })).toEqual({
      steps: [],
      late: [],
      path: null,
      scope: null,
      notes: ['pids.max 2048 not in force: there is no cgroup2 mount'],
    });
  });
  it('that cgroup v2 has nothing for is refused, but for what clients ask without depending on it', () => {
    const resources = { network: { classID: 1 }, memory: { kernel: 1 } };
    expect(() => plan({ resources })).toThrow(
      expect.objectContaining({
        code: 'LIMIT_UNAVAILABLE',
        message: 'cannot set linux.resources.network.classID',
        why: 'cgroup v2 has nothing for it',
      }),
    );
    const told = (field: string): string =>
      `linux.resources.${field} has no counterpart in cgroup v2 and is not in force`;
    expect(plan({ resources: { memory: { kernel: 1 } } }).notes).toEqual([told('memory.kernel')]);
    expect(plan({ resources, demand: 'best-effort' }).notes).toEqual([told('network.classID'), told('memory.kernel')]);
  });
  it('that contradicts another is the user’s mistake', () => {
    expect(() => plan({ resources: { memory: { limit: 8192, swap: 1 } } })).toThrow(
      expect.objectContaining({ code: 'USAGE' }),
    );
  });
});

describe('device rules', () => {
  const resources = { devices: [{ allow: false }] };
  it('become a program', () => {
    expect(plan({ resources }).steps.at(-1)).toMatchObject({ kind: 'cgroup-devices', demand: 'required' });
  });
  it('are reported where the kernel does not take them', () => {
    const { steps, notes } = plan({ resources, deviceRules: 'impossible' });
    expect(steps.map(({ kind }) => kind)).toEqual(['cgroup-create', 'cgroup-enable', 'cgroup-enable']);
    expect(notes[0]).toContain('device rules are not in force');
  });
});

describe('a scope of systemd’s', () => {
  const systemd = { bus: 'user', directory: '/sys/fs/cgroup/u', controllers: ['memory', 'pids'] } as const;
  const inScope: CgroupHost = { ...none, systemd } as CgroupHost;
  it('holds the monitor and the container beside one another', () => {
    // One enabling for each demand; no other controller is there to have figures.
    const { steps, path, scope } = plan({ host: inScope, resources: { memory: { limit: 8192 }, pids: { limit: 1 } } });
    const at = '/sys/fs/cgroup/u/tsrun.slice/tsrun-c0ffee.scope';
    expect(path).toBe(`${at}/container`);
    expect(scope).toEqual({ bus: 'user', unit: 'tsrun-c0ffee.scope' });
    expect(steps.map((step) => [step.kind, 'path' in step ? step.path.slice(at.length) : ''])).toEqual([
      ['cgroup-scope', ''],
      ['cgroup-create', '/supervisor'],
      ['cgroup-enter', '/supervisor'],
      ['cgroup-create', '/container'],
      ['cgroup-enable', ''],
      ['cgroup-enable', ''],
      ['cgroup-write', '/container'],
      ['cgroup-write', '/container'],
    ]);
  });
  it('that is the container’s group has the limits as properties, and the number of processes when PID 1 exists', () => {
    const place = {
      id: 'x',
      name: 'x',
      manager: 'systemd',
      cgroupsPath: 'a-b.slice:libpod:c7f',
      annotations: {},
    } as const;
    const { steps, late, path } = plan({
      host: inScope,
      placement: placeForOci(inScope, place),
      resources: { memory: { limit: 8192 }, pids: { limit: 1 } },
    });
    expect(path).toBe('/sys/fs/cgroup/u/a.slice/a-b.slice/libpod-c7f.scope');
    expect(steps.map(({ kind }) => kind)).toEqual(['cgroup-scope', 'cgroup-write']);
    expect(late).toMatchObject([{ kind: 'cgroup-write', file: 'pids.max', value: '1' }]);
    const names = steps.flatMap((step) =>
      step.kind === 'cgroup-scope' ? step.properties.map(({ name }) => name) : [],
    );
    expect(names).toEqual(['Description', 'CollectMode', 'DefaultDependencies', 'MemoryMax']);
  });
  it('has only what was handed over to the user', () => {
    expect(() => plan({ host: inScope, resources: { cpu: { shares: 2 } } })).toThrow(
      expect.objectContaining({
        code: 'LIMIT_UNAVAILABLE',
        why: 'the cpu controller is not available: cgroup v2 offers only memory, pids to tsrun',
      }),
    );
  });
});

describe('processors', () => {
  it('that are not there are refused, with those that are', () => {
    expect(() => plan({ host: { ...host, controllers: ['cpuset'] }, resources: { cpu: { cpus: '1-5,9' } } })).toThrow(
      expect.objectContaining({
        message: 'cannot set "cpuset.cpus" to "1-5,9"',
        why: 'of these there is no 4-5,9: the CPUs that tsrun may use are 0-3',
        hint: 'choose from 0-3',
      }),
    );
  });
});
