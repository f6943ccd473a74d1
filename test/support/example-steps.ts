/** One step of every kind, each field with a value that is not its zero: for tests over all kinds. */
import type { MountAttributes, Step } from '../../src/plan/plan.ts';

type StepOf<Kind extends Step['kind']> = Extract<Step, { kind: Kind }>;

const attributes: MountAttributes = {
  readonly: true,
  nosuid: true,
  nodev: true,
  noexec: true,
  nodiratime: true,
  atime: 'noatime',
};

/** A program of two instructions: load the number of the system call, allow. */
const program = Buffer.from('200000000000000006000000 0000ff7f'.replaceAll(' ', ''), 'hex');

const byKind: { readonly [Kind in Step['kind']]: StepOf<Kind> } = {
  'cgroup-create': { kind: 'cgroup-create', path: '/sys/fs/cgroup/tsrun/c7f', demand: 'required' },
  'cgroup-enable': {
    kind: 'cgroup-enable',
    path: '/sys/fs/cgroup/tsrun',
    controllers: ['memory', 'pids'],
    demand: 'best-effort',
  },
  'cgroup-enter': { kind: 'cgroup-enter', path: '/sys/fs/cgroup/tsrun/monitor', demand: 'required' },
  'cgroup-write': {
    kind: 'cgroup-write',
    path: '/sys/fs/cgroup/tsrun/c7f',
    file: 'memory.max',
    value: '67108864',
    expect: '67108864',
    demand: 'best-effort',
  },
  'cgroup-devices': { kind: 'cgroup-devices', path: '/sys/fs/cgroup/tsrun/c7f', program, demand: 'best-effort' },
  'open-tree': { kind: 'open-tree', slot: 3, source: '/srv/data', reach: 'tree' },
  clone: { kind: 'clone', namespaces: ['mount', 'pid', 'user'], cgroup: '/sys/fs/cgroup/tsrun/c7f' },
  'id-map': {
    kind: 'id-map',
    uids: [
      { container: 0, host: 1000, size: 1 },
      { container: 1, host: 100_000, size: 65_536 },
    ],
    gids: [{ container: 0, host: 1001, size: 1 }],
    writer: 'newidmap',
  },
  rlimit: { kind: 'rlimit', resource: 7, soft: 1024n, hard: 0xffff_ffff_ffff_ffffn, demand: 'best-effort' },
  'oom-score-adj': { kind: 'oom-score-adj', value: -500, demand: 'best-effort' },
  'open-path': { kind: 'open-path', slot: 4, path: '/var/lib/tsrun/layers/base' },
  'become-root': { kind: 'become-root', dropGroups: true },
  'time-namespace': {
    kind: 'time-namespace',
    monotonicSeconds: -86_400n,
    monotonicNanoseconds: 7,
    boottimeSeconds: 172_800n,
    boottimeNanoseconds: 9,
  },
  'root-propagation': { kind: 'root-propagation', propagation: 'slave' },
  'proc-handle': { kind: 'proc-handle', instance: 'host' },
  overlay: {
    kind: 'overlay',
    lower: [5, 4],
    upper: 6,
    work: 7, at: 9,
    target: '/var/lib/tsrun/containers/c7f/rootfs',
    nodev: true, userxattr: true,
  },
  'rootfs-bind': { kind: 'rootfs-bind', source: 4, at: 8, target: '/var/lib/tsrun/containers/c7f/rootfs', nodev: true },
  mount: {
    kind: 'mount',
    filesystem: 'tmpfs',
    source: 'shm',
    target: '/dev/shm',
    attributes,
    parameters: ['mode=1777', 'size=64k'],
    copyUp: true,
    demand: 'best-effort',
  },
  bind: {
    kind: 'bind',
    source: { from: 'slot', slot: 3 },
    target: '/data',
    reach: 'tree',
    attributes,
    attributesReach: 'tree',
    propagation: 'slave',
    propagationReach: 'tree',
    demand: 'best-effort',
  },
  device: {
    kind: 'device',
    path: '/dev/fuse',
    type: 'block',
    major: 10,
    minor: 229,
    mode: 0o640,
    uid: 1,
    gid: 2,
    how: 'bind',
    source: '/dev/fuse',
  },
  symlink: { kind: 'symlink', target: '/proc/self/fd', path: '/dev/fd' },
  directory: { kind: 'directory', path: '/app', mode: 0o750, uid: 3, gid: 4 },
  loopback: { kind: 'loopback' },
  lookup: { kind: 'lookup', user: 'daemon:mail', groupAdd: ['audio', '44'] },
  'pivot-root': { kind: 'pivot-root' },
  chroot: { kind: 'chroot' },
  'root-readonly': { kind: 'root-readonly' },
  hostname: { kind: 'hostname', hostname: 'box' },
  domainname: { kind: 'domainname', domainname: 'example' },
  sysctl: { kind: 'sysctl', name: 'net.ipv4.ip_forward', path: 'net/ipv4/ip_forward', value: '1' },
  'mask-path': { kind: 'mask-path', path: '/proc/kcore' },
  'readonly-path': { kind: 'readonly-path', path: '/proc/sys' },
  session: { kind: 'session' },
  console: { kind: 'console', rows: 24, columns: 80 },
  'bounding-set': { kind: 'bounding-set', keep: 0xa804_25fbn },
  seccomp: { kind: 'seccomp', program, flags: 2 },
  user: {
    kind: 'user',
    identity: { type: 'ids', uid: 1000, gid: 1001, groups: [10, 20], setGroups: true },
    umask: 0o27,
  },
  capabilities: {
    kind: 'capabilities',
    effective: 0x1n,
    permitted: 0x3n,
    inheritable: 0x4n,
    ambient: 0x100_0000_0000n,
  },
  'working-directory': { kind: 'working-directory', path: '/app' },
  'no-new-privileges': { kind: 'no-new-privileges' },
  'close-files': { kind: 'close-files', from: 3 },
  exec: {
    kind: 'exec',
    argv: ['sh', '-c', "echo 'hello'"],
    env: ['PATH=/bin', 'GREETING=a b'],
    candidates: ['/bin/sh'],
    home: 'looked-up',
    pid1: 'reaper',
  },
};

/** In the order of plan.ts. */
export const exampleSteps: readonly Step[] = Object.values(byKind);
