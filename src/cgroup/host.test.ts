import { describe, expect, it } from 'vitest';
import { parseCgroupMounts } from './cgroup-mounts.ts';
import { type CgroupFiles, probeCgroupHost } from './host.ts';

const unified = '35 24 0:30 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate';
const hybrid = `33 31 0:30 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct
34 31 0:31 / /sys/fs/cgroup/blkio rw - cgroup cgroup rw,blkio
35 31 0:37 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,xattr,name=systemd
36 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw`;

/** A machine from the content of its files; a path that is listed in `writable` may be written. */
const machine = (contents: Readonly<Record<string, string>>, writable: readonly string[] = []): CgroupFiles => ({
  read: (path) => contents[path] ?? null,
  writable: (path) => writable.includes(path),
  systemd: () => '/run/systemd' in contents,
  uid: 1000,
});

/** What the real root may write. */
const roots = ['/sys/fs/cgroup', '/sys/fs/cgroup/unified'];

describe('the mounts', () => {
  it('tell where each v1 controller is, by its v2 name', () => {
    expect(parseCgroupMounts(hybrid)).toEqual({
      v2: { path: '/sys/fs/cgroup/unified', root: '/', readonly: false },
      v1: { cpu: '/sys/fs/cgroup/cpu,cpuacct', cpuacct: '/sys/fs/cgroup/cpu,cpuacct', io: '/sys/fs/cgroup/blkio' },
    });
  });
  it('may have blanks in their paths', () => {
    expect(parseCgroupMounts('1 2 0:1 / /a\\040b ro - cgroup2 x rw').v2).toEqual({
      path: '/a b',
      root: '/',
      readonly: true,
    });
  });
});

describe('root', () => {
  it('has a base of its own below the root', () => {
    const host = probeCgroupHost(
      'root',
      machine(
        {
          '/proc/self/mountinfo': unified,
          '/proc/self/cgroup': '0::/user.slice/session-1.scope\n',
          '/sys/fs/cgroup/cgroup.controllers': 'cpuset cpu io memory pids\n',
          '/sys/fs/cgroup/cgroup.procs': '1\n2\n',
        },
        roots,
      ),
    );
    expect(host).toEqual({
      type: 'available',
      base: '/sys/fs/cgroup/tsrun',
      delegation: ['/sys/fs/cgroup'],
      controllers: ['cpuset', 'cpu', 'io', 'memory', 'pids'],
      monitorLeaf: null,
      mount: '/sys/fs/cgroup',
      elsewhere: {},
      cpuset: { cpus: '', mems: '' },
      systemd: null,
    });
  });
  it('inside a container has to move what lives in its root', () => {
    const files = {
      '/proc/self/mountinfo': unified,
      '/proc/self/cgroup': '0::/\n',
      '/sys/fs/cgroup/cgroup.controllers': 'memory',
      '/sys/fs/cgroup/cgroup.type': 'domain\n',
      '/sys/fs/cgroup/cgroup.procs': '1\n',
    };
    expect(probeCgroupHost('root', machine(files, roots))).toMatchObject({
      monitorLeaf: '/sys/fs/cgroup/tsrun-supervisor',
    });
    expect(probeCgroupHost('root', machine({ ...files, '/sys/fs/cgroup/cgroup.procs': '' }, roots))).toMatchObject({
      monitorLeaf: null,
    });
  });
  it('on a machine with both versions knows where the others are', () => {
    const host = probeCgroupHost(
      'root',
      machine({ '/proc/self/mountinfo': hybrid, '/proc/self/cgroup': '0::/' }, roots),
    );
    expect(host).toMatchObject({
      type: 'available',
      base: '/sys/fs/cgroup/unified/tsrun',
      controllers: [],
      elsewhere: { io: 'cgroup v1 at /sys/fs/cgroup/blkio' },
    });
  });
  it('under systemd is told where its scopes would lie, and which CPUs they may have', () => {
    const host = probeCgroupHost(
      'root',
      machine(
        {
          '/run/systemd': '',
          '/proc/self/mountinfo': unified,
          '/proc/self/cgroup': '0::/user.slice/session-1.scope\n',
          '/sys/fs/cgroup/cgroup.controllers': 'cpuset memory\n',
          '/sys/fs/cgroup/cgroup.procs': '2\n',
          '/sys/fs/cgroup/cpuset.cpus.effective': '0-3\n',
          '/sys/fs/cgroup/cpuset.mems.effective': '0\n',
        },
        roots,
      ),
    );
    expect(host).toMatchObject({
      systemd: { bus: 'system', directory: '/sys/fs/cgroup', controllers: ['cpuset', 'memory'] },
      cpuset: { cpus: '0-3', mems: '0' },
    });
  });
  it('without cgroup v2, or with a read-only one, is told so', () => {
    expect(probeCgroupHost('root', machine({}))).toMatchObject({
      type: 'unavailable',
      reason: 'cgroup v2 is not mounted',
    });
    const readonly = machine({ '/proc/self/mountinfo': unified.replace(' rw,nosuid', ' ro,nosuid') });
    expect(probeCgroupHost('root', readonly)).toMatchObject({ type: 'unavailable' });
  });
  it('of a user namespace, as under rootless podman, has what its user has', () => {
    const files = { '/proc/self/mountinfo': hybrid, '/proc/self/cgroup': '0::/session' };
    expect(probeCgroupHost('root', machine(files))).toMatchObject({ type: 'unavailable' });
    const own = '/sys/fs/cgroup/unified/session';
    expect(probeCgroupHost('root', machine(files, [own, `${own}/cgroup.procs`]))).toMatchObject({
      type: 'available',
      base: own,
      delegation: [],
    });
  });
});

describe('an ordinary user', () => {
  const session = '/sys/fs/cgroup/user.slice/user-1000.slice/session-2.scope';
  const scope = '/sys/fs/cgroup/user.slice/user-1000.slice/user@1000.service/app.slice/tsrun-7.scope';
  it('in a session that belongs to root is told what to do', () => {
    const host = probeCgroupHost(
      'rootless',
      machine({
        '/proc/self/mountinfo': unified,
        '/proc/self/cgroup': '0::/user.slice/user-1000.slice/session-2.scope\n',
      }),
    );
    expect(host).toMatchObject({ type: 'unavailable', reason: `this user may not make control groups in ${session}` });
  });
  it('in such a session has systemd, where a user manager runs', () => {
    const service = '/sys/fs/cgroup/user.slice/user-1000.slice/user@1000.service';
    const files = {
      '/run/systemd': '',
      '/proc/self/mountinfo': unified,
      '/proc/self/cgroup': '0::/user.slice/user-1000.slice/session-2.scope\n',
    };
    expect(probeCgroupHost('rootless', machine(files)).systemd).toBe(null);
    const managed = { ...files, [`${service}/cgroup.procs`]: '', [`${service}/cgroup.controllers`]: 'memory pids\n' };
    expect(probeCgroupHost('rootless', machine(managed))).toMatchObject({
      type: 'unavailable',
      systemd: { bus: 'user', directory: service, controllers: ['memory', 'pids'] },
    });
    // Uid 0 of his own user namespace is he.
    expect(probeCgroupHost('root', machine(managed)).systemd).toMatchObject({ bus: 'user', directory: service });
  });
  it('without systemd uses the nearest group of his that holds no process', () => {
    const handed = '/sys/fs/cgroup/course';
    const files = {
      '/proc/self/mountinfo': unified,
      '/proc/self/cgroup': '0::/course/session\n',
      [`${handed}/cgroup.controllers`]: 'memory\n',
      [`${handed}/session/cgroup.procs`]: '77\n',
    };
    const his = [handed, `${handed}/session`].flatMap((path) => [path, `${path}/cgroup.procs`]);
    expect(probeCgroupHost('rootless', machine(files, his))).toMatchObject({ base: handed, monitorLeaf: null });
    // Not his, or not empty: then he has to make room where he is.
    expect(probeCgroupHost('rootless', machine(files, his.slice(2)))).toMatchObject({
      base: `${handed}/session`,
      monitorLeaf: `${handed}/session/tsrun-supervisor`,
    });
  });
  it('in the leaf of a delegated scope makes groups beside it', () => {
    const leaf = `${scope}/tsrun-supervisor`;
    const host = probeCgroupHost(
      'rootless',
      machine(
        {
          '/proc/self/mountinfo': unified,
          '/proc/self/cgroup': `0::${leaf.slice('/sys/fs/cgroup'.length)}\n`,
          [`${scope}/cgroup.controllers`]: 'memory pids\n',
          [`${scope}/cgroup.procs`]: '',
        },
        [leaf, `${leaf}/cgroup.procs`],
      ),
    );
    expect(host).toMatchObject({ base: scope, delegation: [], controllers: ['memory', 'pids'], monitorLeaf: null });
  });
  it('outside what is mounted has nothing', () => {
    const inside = unified.replace(' / ', ' /lxc/one ');
    const files = { '/proc/self/mountinfo': inside, '/proc/self/cgroup': '0::/lxc/two\n' };
    expect(probeCgroupHost('rootless', machine(files))).toMatchObject({ type: 'unavailable' });
  });
});
