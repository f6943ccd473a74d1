/** Each broken document with the one sentence it gets. What others do with it is in docs/conformance.md. */
import { describe, expect, it } from 'vitest';
import { TsrunError } from '../../errors/tsrun-error.ts';
import { parseConfig, parseDocument, parseProcess, parseResources } from './config.ts';

type Json = { readonly [key: string]: unknown };

const good = {
  ociVersion: '1.0.2',
  root: { path: 'rootfs' },
  process: { cwd: '/', args: ['sh'] },
  linux: { namespaces: [{ type: 'mount' }, { type: 'pid' }] },
};

const top = (changes: Json): Json => ({ ...good, ...changes });
const inProcess = (changes: Json): Json => top({ process: { ...good.process, ...changes } });
const inLinux = (changes: Json): Json => top({ linux: { ...good.linux, ...changes } });
const withResources = (changes: Json): Json => inLinux({ resources: changes });
const withMount = (...mounts: readonly unknown[]): Json => top({ mounts });
const withSeccomp = (changes: Json): Json => inLinux({ seccomp: { defaultAction: 'SCMP_ACT_ERRNO', ...changes } });
const withUsers = (uidMappings: unknown): Json =>
  inLinux({ namespaces: [{ type: 'user' }], uidMappings, gidMappings: [{ containerID: 0, hostID: 0, size: 1 }] });
const withHook = (hook: unknown): Json => top({ hooks: { createRuntime: [{ path: '/ok' }, hook] } });
const line = (containerID: number, hostID: number, size: number) => ({ containerID, hostID, size });
const without = (key: keyof typeof good): Json => {
  const { [key]: _, ...rest } = good;
  return rest;
};

function complaint(read: () => unknown): string {
  try {
    read();
  } catch (error) {
    if (!(error instanceof TsrunError) || error.code !== 'CONFIG_INVALID') throw error;
    return `${error.why}${error.hint === null ? '' : ` (${error.hint})`}`;
  }
  return 'accepted';
}

type Row = readonly [document: unknown, why: string];
function rows(title: string, table: readonly Row[]): void {
  describe(title, () => {
    it.each(table.map(([document, why]) => ({ document, why })))('$why', ({ document, why }) => {
      expect(complaint(() => parseConfig(document))).toBe(why);
    });
  });
}

it('takes the config that the others are made of', () => {
  expect(complaint(() => parseConfig(good))).toBe('accepted');
});

rows('the document', [
  [null, 'it must be an object, is null'],
  [[], 'it must be an object, is an array'],
  ['x', 'it must be an object, is "x"'],
  [{}, 'ociVersion: is missing'],
  [top({ ociVersion: null }), 'ociVersion: is missing'],
  [top({ ociVersion: 1 }), 'ociVersion: must be a string, is 1'],
  [top({ ociVersion: '2.0.0' }), 'ociVersion: must be a version 1.x of the runtime-spec, is "2.0.0"'],
  [top({ ociVersion: '1' }), 'ociVersion: must be a version 1.x of the runtime-spec, is "1"'],
  [without('root'), 'root: is missing'],
  [without('process'), 'process: is missing'],
  [top({ root: {} }), 'root.path: is missing'],
  [top({ root: { path: '' } }), 'root.path: must not be empty'],
  [top({ root: { path: 'a\0b' } }), 'root.path: must not contain a NUL character'],
  [top({ root: { path: '\ud800' } }), 'root.path: must be text: it has half of a surrogate pair'],
  [top({ root: { path: 'r', readonly: 'yes' } }), 'root.readonly: must be true or false, is "yes"'],
  [top({ hostname: 'box' }), 'hostname: needs a uts namespace, and linux.namespaces has none'],
  [top({ domainname: 'box' }), 'domainname: needs a uts namespace, and linux.namespaces has none'],
  [top({ hostname: ['box'] }), 'hostname: must be a string, is an array'],
  [top({ annotations: ['a'] }), 'annotations: must be an object, is an array'],
  [top({ annotations: { 'a.b/c': 1 } }), 'annotations["a.b/c"]: must be a string, is 1'],
  [top({ annotations: { ['x'.repeat(100)]: 1 } }), `annotations["${'x'.repeat(60)}"...]: must be a string, is 1`],
  [top({ linux: 'yes' }), 'linux: must be an object, is "yes"'],
]);

rows('process', [
  [top({ process: [] }), 'process: must be an object, is an array'],
  [top({ process: { args: ['sh'] } }), 'process.cwd: is missing'],
  [top({ process: { cwd: '/' } }), 'process.args: is missing'],
  [inProcess({ args: null }), 'process.args: is missing'],
  [inProcess({ args: [] }), 'process.args: must have at least one entry, the command'],
  [inProcess({ args: 'sh -c' }), 'process.args: must be an array, is "sh -c"'],
  [inProcess({ args: ['sh', 7] }), 'process.args[1]: must be a string, is 7'],
  [inProcess({ args: ['sh', 'a\0'] }), 'process.args[1]: must not contain a NUL character'],
  [inProcess({ cwd: '' }), 'process.cwd: must be an absolute path, is ""'],
  [inProcess({ cwd: 'tmp' }), 'process.cwd: must be an absolute path, is "tmp"'],
  [inProcess({ terminal: 1 }), 'process.terminal: must be true or false, is 1'],
  [
    inProcess({ terminal: true, consoleSize: { height: 70000, width: 1 } }),
    'process.consoleSize.height: must be from 0 to 65535, is 70000',
  ],
  [inProcess({ env: ['A=1', 'SECRET'] }), 'process.env[1]: has no "=": an entry is NAME=value'],
  [inProcess({ env: ['=secret'] }), 'process.env[0]: has no name before the "="'],
  [inProcess({ env: ['A=\0'] }), 'process.env[0]: must not contain a NUL character'],
  [inProcess({ user: 'root' }), 'process.user: must be an object, is "root"'],
  [inProcess({ user: { uid: -1, gid: 0 } }), 'process.user.uid: must be from 0 to 4294967294, is -1'],
  [inProcess({ user: { uid: 4294967295, gid: 0 } }), 'process.user.uid: must be from 0 to 4294967294, is 4294967295'],
  [inProcess({ user: { uid: 1.5, gid: 0 } }), 'process.user.uid: must be an integer, is 1.5'],
  [inProcess({ user: { uid: '0', gid: 0 } }), 'process.user.uid: must be an integer, is "0"'],
  [inProcess({ user: { uid: 0, gid: 0, umask: 0o10000 } }), 'process.user.umask: must be from 0 to 4095, is 4096'],
  [
    inProcess({ user: { uid: 0, gid: 0, additionalGids: [1, '2'] } }),
    'process.user.additionalGids[1]: must be an integer, is "2"',
  ],
  [
    inProcess({ capabilities: { bounding: ['CAP_CHOWN', 7] } }),
    'process.capabilities.bounding[1]: must be a string, is 7',
  ],
  [inProcess({ capabilities: ['CAP_CHOWN'] }), 'process.capabilities: must be an object, is an array'],
  [
    inProcess({ rlimits: [{ type: 'RLIMIT_FILES', soft: 1, hard: 1 }] }),
    'process.rlimits[0].type: must be the name of a resource limit, is "RLIMIT_FILES" (did you mean "RLIMIT_FSIZE"?)',
  ],
  [
    inProcess({ rlimits: [1, 2].map(() => ({ type: 'RLIMIT_CPU', soft: 1, hard: 1 })) }),
    'process.rlimits[1].type: "RLIMIT_CPU" is there twice',
  ],
  [
    inProcess({ rlimits: [{ type: 'RLIMIT_CPU', soft: 2, hard: 1 }] }),
    'process.rlimits[0].soft: is more than hard (1)',
  ],
  [
    inProcess({ rlimits: [{ type: 'RLIMIT_CPU', soft: -1, hard: 1 }] }),
    'process.rlimits[0].soft: is more than hard (1)',
  ],
  [inProcess({ rlimits: [{ type: 'RLIMIT_CPU', hard: 1 }] }), 'process.rlimits[0].soft: is missing'],
  [inProcess({ oomScoreAdj: 1001 }), 'process.oomScoreAdj: must be from -1000 to 1000, is 1001'],
  [
    inProcess({ scheduler: { policy: 'SCHED_FAIR' } }),
    'process.scheduler.policy: must be a scheduling policy, is "SCHED_FAIR" (did you mean "SCHED_FIFO"?)',
  ],
  [
    inProcess({ scheduler: { policy: 'SCHED_OTHER', nice: 20 } }),
    'process.scheduler.nice: must be from -20 to 19, is 20',
  ],
  [
    inProcess({ scheduler: { policy: 'SCHED_OTHER', priority: 5 } }),
    'process.scheduler.priority: cannot be 5 with SCHED_OTHER: it is for SCHED_FIFO and SCHED_RR',
  ],
  [
    inProcess({ scheduler: { policy: 'SCHED_RR', runtime: 5 } }),
    'process.scheduler.runtime: cannot be set with SCHED_RR: it is for SCHED_DEADLINE',
  ],
  [
    inProcess({ ioPriority: { class: 'IOPRIO_CLASS_RT', priority: 8 } }),
    'process.ioPriority.priority: must be from 0 to 7, is 8',
  ],
  [
    inProcess({ ioPriority: { class: 'RT', priority: 0 } }),
    'process.ioPriority.class: must be an IOPRIO_CLASS_ name, is "RT" (it is one of IOPRIO_CLASS_RT, IOPRIO_CLASS_BE, IOPRIO_CLASS_IDLE)',
  ],
  [
    inProcess({ execCPUAffinity: { initial: '3-1' } }),
    'process.execCPUAffinity.initial: must be a list like 0-3,7, is "3-1"',
  ],
]);

rows('hooks', [
  [top({ hooks: { prestart: {} } }), 'hooks.prestart: must be an array, is an object'],
  [withHook({}), 'hooks.createRuntime[1].path: is missing'],
  [withHook({ path: 'x' }), 'hooks.createRuntime[1].path: must be an absolute path, is "x"'],
  [withHook({ path: '/x', timeout: 0 }), 'hooks.createRuntime[1].timeout: must be from 1 to 2147483, is 0'],
  [withHook({ path: '/x', args: [null] }), 'hooks.createRuntime[1].args[0]: must be a string, is null'],
  [withHook({ path: '/x', env: ['X'] }), 'hooks.createRuntime[1].env[0]: has no "=": an entry is NAME=value'],
]);

rows('mounts', [
  [withMount('x'), 'mounts[0]: must be an object, is "x"'],
  [withMount({ type: 'tmpfs' }), 'mounts[0].destination: is missing'],
  [withMount({ destination: '' }), 'mounts[0].destination: must not be empty'],
  [withMount({ destination: '/a\0b', type: 'tmpfs' }), 'mounts[0].destination: must not contain a NUL character'],
  [
    withMount({ destination: '/a' }),
    'mounts[0].type: is missing (only a bind mount needs no type: its options name "bind" or "rbind")',
  ],
  [withMount({ destination: '/a', options: ['rbind'] }), 'mounts[0].source: is missing: a bind mount needs one'],
  [withMount({ destination: '/a', type: 'bind', source: '' }), 'mounts[0].source: is missing: a bind mount needs one'],
  [withMount({ destination: '/a', type: 'tmpfs', options: 'ro' }), 'mounts[0].options: must be an array, is "ro"'],
  [
    withMount({ destination: '/a', type: 'tmpfs', uidMappings: [line(0, 0, 1)], gidMappings: [line(0, 0, 1)] }),
    'mounts[0]: has id mappings, and only a bind mount can',
  ],
  [
    withMount({ destination: '/a', source: '/b', options: ['bind'], uidMappings: [line(0, 0, 1)] }),
    'mounts[0].gidMappings: is missing: uidMappings is there',
  ],
  [
    withMount({
      destination: '/a',
      options: ['bind', 'remount', 'idmap'],
      uidMappings: [line(0, 0, 1)],
      gidMappings: [line(0, 0, 1)],
    }),
    'mounts[0]: has id mappings, and a remount cannot change them',
  ],
  [
    withMount({ destination: '/a', source: '/b', options: ['bind', 'idmap'] }),
    'mounts[0].uidMappings: is missing: "idmap" without a user namespace needs it',
  ],
]);

rows('namespaces', [
  [inLinux({ namespaces: [{}] }), 'linux.namespaces[0].type: is missing'],
  [
    inLinux({ namespaces: [{ type: 'net' }] }),
    'linux.namespaces[0].type: must be a type of namespace, is "net" (it is one of pid, network, mount, ipc, uts, user, cgroup, time)',
  ],
  [
    inLinux({ namespaces: [{ type: 'netwrok' }] }),
    'linux.namespaces[0].type: must be a type of namespace, is "netwrok" (did you mean "network"?)',
  ],
  [inLinux({ namespaces: [{ type: 'pid' }, { type: 'pid' }] }), 'linux.namespaces[1].type: "pid" is there twice'],
  [
    inLinux({ namespaces: [{ type: 'pid', path: 'proc/1/ns/pid' }] }),
    'linux.namespaces[0].path: must be an absolute path, is "proc/1/ns/pid"',
  ],
  [
    inLinux({ namespaces: [], maskedPaths: ['/proc/kcore'] }),
    'linux.maskedPaths: needs a mount namespace, and linux.namespaces has none',
  ],
  [inLinux({ readonlyPaths: ['proc/sys'] }), 'linux.readonlyPaths[0]: must be an absolute path, is "proc/sys"'],
  [
    inLinux({ timeOffsets: { monotonic: { secs: 1 } } }),
    'linux.timeOffsets: needs a time namespace, and linux.namespaces has none',
  ],
  [
    inLinux({ namespaces: [{ type: 'time', path: '/t' }], timeOffsets: { boottime: { secs: 1 } } }),
    'linux.timeOffsets: cannot be set in a time namespace that exists already',
  ],
  [
    inLinux({ namespaces: [{ type: 'time' }], timeOffsets: { realtime: { secs: 1 } } }),
    'linux.timeOffsets.realtime: is not a clock of a time namespace (these are monotonic and boottime)',
  ],
  [
    inLinux({ namespaces: [{ type: 'time' }], timeOffsets: { boottime: { nanosecs: 1e9 } } }),
    'linux.timeOffsets.boottime.nanosecs: must be from 0 to 999999999, is 1000000000',
  ],
]);

rows('id mappings', [
  [
    inLinux({ uidMappings: [line(0, 0, 1)] }),
    'linux.uidMappings: needs a user namespace, and linux.namespaces has none',
  ],
  [inLinux({ namespaces: [{ type: 'user' }] }), 'linux.uidMappings: is missing: a new user namespace needs it'],
  [withUsers([]), 'linux.uidMappings: is missing: a new user namespace needs it'],
  [withUsers([line(0, 0, 0)]), 'linux.uidMappings[0].size: must be from 1 to 4294967295, is 0'],
  [withUsers([line(0, -1, 1)]), 'linux.uidMappings[0].hostID: must be from 0 to 4294967295, is -1'],
  [withUsers([{ containerID: 0, hostID: 0 }]), 'linux.uidMappings[0].size: is missing'],
  [
    withUsers([line(0, 4294967290, 10)]),
    'linux.uidMappings[0]: maps ids up to 4294967299 (hostID 4294967290), and the highest is 4294967294',
  ],
  [
    withUsers([line(0, 1000, 10), line(100, 5000, 10), line(9, 9000, 1)]),
    'linux.uidMappings[2]: overlaps [0]: both have containerID 9',
  ],
  [withUsers([line(0, 1000, 10), line(10, 1005, 10)]), 'linux.uidMappings[1]: overlaps [0]: both have hostID 1005'],
  [
    withUsers(Array.from({ length: 70_000 }, (_, n) => line(n, n, 1))),
    'linux.uidMappings: has 70000 mappings, and the kernel takes at most 340 (join neighboring ranges into one)',
  ],
]);

rows('devices and kernel parameters', [
  [
    inLinux({ devices: [{ path: '/dev/x', type: 'd' }] }),
    'linux.devices[0].type: must be a kind of device, is "d" (did you mean "c"?)',
  ],
  [inLinux({ devices: [{ path: 'dev/x', type: 'c' }] }), 'linux.devices[0].path: must be an absolute path, is "dev/x"'],
  [
    inLinux({ devices: [{ path: '/dev/x', type: 'c' }] }),
    'linux.devices[0].major: is missing: a device of type c needs it',
  ],
  [
    inLinux({ devices: [{ path: '/dev/x', type: 'c', major: -1 }] }),
    'linux.devices[0].major: must be from 0 to 4294967295, is -1',
  ],
  [inLinux({ sysctl: { 'net.ipv4.ip_forward': 1 } }), 'linux.sysctl["net.ipv4.ip_forward"]: must be a string, is 1'],
  [
    inLinux({ sysctl: { 'net.ipv4.ip_forward': '1' } }),
    'linux.sysctl["net.ipv4.ip_forward"]: needs a network namespace of the container\'s own: it would change the host\'s',
  ],
  [inLinux({ sysctl: { 'kernel/../x': '1' } }), 'linux.sysctl["kernel/../x"]: is not the name of a kernel parameter'],
  [
    inLinux({ sysctl: { 'kernel.panic': '1' } }),
    'linux.sysctl["kernel.panic"]: belongs to the whole machine and not to a namespace (set it on the host with sysctl(8))',
  ],
  [
    inLinux({ sysctl: { 'kernel.hostname': 'x' } }),
    'linux.sysctl["kernel.hostname"]: has a field of its own (set "hostname")',
  ],
  [
    inLinux({ sysctl: { 'user.max_user_namespaces': '1' } }),
    'linux.sysctl["user.max_user_namespaces"]: needs a user namespace of the container\'s own: it would change the host\'s',
  ],
  [inLinux({ netDevices: { eth0: {} } }), 'linux.netDevices: needs a network namespace, and linux.namespaces has none'],
  [inLinux({ netDevices: { 'a/b': {} } }), 'linux.netDevices: "a/b" cannot be the name of a network interface'],
  [
    inLinux({ netDevices: { eth0: { name: 'sixteen-letters-' } } }),
    'linux.netDevices.eth0.name: "sixteen-letters-" cannot be the name of a network interface',
  ],
  [
    inLinux({ memoryPolicy: { mode: 'MPOL_BINT' } }),
    'linux.memoryPolicy.mode: must be a memory policy, is "MPOL_BINT" (did you mean "MPOL_BIND"?)',
  ],
  [
    inLinux({
      memoryPolicy: { mode: 'MPOL_BIND', nodes: '0', flags: ['MPOL_F_STATIC_NODES', 'MPOL_F_RELATIVE_NODES'] },
    }),
    'linux.memoryPolicy.flags: cannot be both MPOL_F_STATIC_NODES and MPOL_F_RELATIVE_NODES',
  ],
  [inLinux({ memoryPolicy: { mode: 'MPOL_BIND' } }), 'linux.memoryPolicy.nodes: is missing: MPOL_BIND needs it'],
  [
    inLinux({ memoryPolicy: { mode: 'MPOL_LOCAL', nodes: '0' } }),
    'linux.memoryPolicy.nodes: must be empty with MPOL_LOCAL',
  ],
  [
    inLinux({ rootfsPropagation: 'open' }),
    'linux.rootfsPropagation: must be a propagation, is "open" (it is one of private, slave, shared, unbindable, rprivate, rslave, rshared, runbindable)',
  ],
  [
    inLinux({ personality: { domain: 'BSD' } }),
    'linux.personality.domain: must be a personality, is "BSD" (it is one of LINUX, LINUX32)',
  ],
  [
    inLinux({ personality: { domain: 'LINUX', flags: ['X'] } }),
    'linux.personality.flags: must be empty: the specification has no flags yet',
  ],
  [
    inLinux({ intelRdt: { closID: 'a' } }),
    'linux.intelRdt: is not supported (leave it out, or use a runtime with Intel RDT)',
  ],
]);

rows('resources', [
  [withResources({ memory: { limit: '64m' } }), 'linux.resources.memory.limit: must be an integer, is "64m"'],
  [
    withResources({ memory: { limit: 1e19 } }),
    'linux.resources.memory.limit: must be from -2^63 to 2^63, is 10000000000000000000',
  ],
  [withResources({ memory: { swappiness: 101 } }), 'linux.resources.memory.swappiness: must be from 0 to 100, is 101'],
  [withResources({ cpu: { shares: -1 } }), 'linux.resources.cpu.shares: must be from 0 to 2^64, is -1'],
  [withResources({ cpu: { cpus: '0-' } }), 'linux.resources.cpu.cpus: must be a list like 0-3,7, is "0-"'],
  [withResources({ pids: 5 }), 'linux.resources.pids: must be an object, is 5'],
  [withResources({ blockIO: { weight: 70000 } }), 'linux.resources.blockIO.weight: must be from 0 to 65535, is 70000'],
  [
    withResources({ blockIO: { throttleReadBpsDevice: [{ major: 8, minor: 0 }] } }),
    'linux.resources.blockIO.throttleReadBpsDevice[0].rate: is missing',
  ],
  [
    withResources({ hugepageLimits: [{ pageSize: '2mb', limit: 1 }] }),
    'linux.resources.hugepageLimits[0].pageSize: must be a size like 2MB, is "2mb"',
  ],
  [withResources({ rdma: { mlx5_0: {} } }), 'linux.resources.rdma.mlx5_0: has neither hcaHandles nor hcaObjects'],
  [
    withResources({ devices: [{ allow: true, access: 'rwx' }] }),
    'linux.resources.devices[0].access: must be letters of r, w and m, is "rwx"',
  ],
  [
    withResources({ devices: [{ allow: true, minor: -2 }] }),
    'linux.resources.devices[0].minor: must be from -1 to 4294967295, is -2',
  ],
  [
    withResources({ unified: { '../memory.max': '1' } }),
    'linux.resources.unified["../memory.max"]: is not the name of a file of cgroup v2 (write it like "memory.high")',
  ],
]);

rows('seccomp', [
  [inLinux({ seccomp: {} }), 'linux.seccomp.defaultAction: is missing'],
  [
    withSeccomp({ defaultAction: 'ALLOW' }),
    'linux.seccomp.defaultAction: must be a seccomp action, is "ALLOW" (it is one of SCMP_ACT_KILL, SCMP_ACT_KILL_THREAD, SCMP_ACT_KILL_PROCESS, SCMP_ACT_TRAP, SCMP_ACT_ERRNO, SCMP_ACT_NOTIFY, SCMP_ACT_TRACE, SCMP_ACT_LOG, SCMP_ACT_ALLOW)',
  ],
  [
    withSeccomp({ defaultAction: 'SCMP_ACT_NOTIFY' }),
    'linux.seccomp.defaultAction: cannot be SCMP_ACT_NOTIFY (name the system calls in a rule with this action)',
  ],
  [
    withSeccomp({ defaultAction: 'SCMP_ACT_ALLOW', defaultErrnoRet: 1 }),
    'linux.seccomp.defaultErrnoRet: cannot be set with SCMP_ACT_ALLOW: it is for SCMP_ACT_ERRNO and SCMP_ACT_TRACE',
  ],
  [
    withSeccomp({ architectures: ['SCMP_ARCH_X86_46'] }),
    'linux.seccomp.architectures[0]: must be a seccomp architecture, is "SCMP_ARCH_X86_46" (did you mean "SCMP_ARCH_X86_64"?)',
  ],
  [
    withSeccomp({ flags: ['SECCOMP_FILTER_FLAG_LOGS'] }),
    'linux.seccomp.flags[0]: must be a seccomp flag, is "SECCOMP_FILTER_FLAG_LOGS" (did you mean "SECCOMP_FILTER_FLAG_LOG"?)',
  ],
  [
    withSeccomp({ syscalls: [{ names: [], action: 'SCMP_ACT_ALLOW' }] }),
    'linux.seccomp.syscalls[0].names: must name at least one system call',
  ],
  [
    withSeccomp({ syscalls: [{ names: ['a'], action: 'SCMP_ACT_NOTIFY' }] }),
    'linux.seccomp.syscalls[0].action: is SCMP_ACT_NOTIFY, and there is no listenerPath',
  ],
  [
    withSeccomp({
      syscalls: [{ names: ['a'], action: 'SCMP_ACT_ALLOW', args: [{ index: 6, value: 0, op: 'SCMP_CMP_EQ' }] }],
    }),
    'linux.seccomp.syscalls[0].args[0].index: must be from 0 to 5, is 6',
  ],
  [
    withSeccomp({
      syscalls: [{ names: ['a'], action: 'SCMP_ACT_ALLOW', args: [{ index: 0, value: -1, op: 'SCMP_CMP_EQ' }] }],
    }),
    'linux.seccomp.syscalls[0].args[0].value: must be from 0 to 2^64 - 1, is -1',
  ],
  [
    withSeccomp({ listenerPath: '/l', syscalls: [{ names: ['read', 'sendmsg'], action: 'SCMP_ACT_NOTIFY' }] }),
    'linux.seccomp.syscalls[0].names: cannot have sendmsg with SCMP_ACT_NOTIFY: the listener is sent with it',
  ],
  [withSeccomp({ listenerMetadata: 'x' }), 'linux.seccomp.listenerMetadata: is there without listenerPath'],
  [withSeccomp({ listenerPath: 'x' }), 'linux.seccomp.listenerPath: must be an absolute path, is "x"'],
]);

describe('bytes', () => {
  const bytes = (text: string): Uint8Array => Buffer.from(text, 'latin1');
  const why = (text: string): string => complaint(() => parseConfig(parseDocument(bytes(text), 'config.json')));

  it('that are no JSON', () => {
    expect(why('')).toBe('it is empty');
    expect(why('{')).toMatch(/^it is not JSON: /);
    expect(why('{}{}')).toMatch(/^it is not JSON: /);
  });
  it('that are no UTF-8, or have a byte order mark', () => {
    expect(why('{"a":"\xff"}')).toBe('it is not UTF-8');
    expect(why('\xef\xbb\xbf{}')).toMatch(/^it is not JSON: /);
  });
  it('of a hundred thousand arrays in one another', () => {
    const deep = (core: string) => '['.repeat(100_000) + core + ']'.repeat(100_000);
    expect(why(deep(''))).toBe('it must be an object, is an array');
    expect(why(deep('18446744073709551615'))).toBe('it is nested too deeply');
  });
  it('with a field "__proto__" change nothing', () => {
    const document: unknown = JSON.parse(JSON.stringify(good).replace('{', '{"__proto__":{"hostname":"x"},'));
    expect(parseConfig(document)).toEqual(parseConfig(good));
  });
});

it('takes what runtimes must pass over', () => {
  const process = { ...good.process, terminal: false, consoleSize: { height: 70000 } };
  expect(parseConfig({ ...good, process }).process).not.toHaveProperty('consoleSize');
  const capabilities = { bounding: ['CAP_NOSUCH'] };
  expect(parseConfig({ ...good, process: { ...good.process, capabilities } }).process.capabilities).toEqual(
    capabilities,
  );
});

it('names other documents by their own names', () => {
  const message = (read: () => unknown) => {
    try {
      read();
    } catch (error) {
      return error instanceof TsrunError ? [error.message, error.why] : error;
    }
    return null;
  };
  expect(message(() => parseProcess({ cwd: '/' }))).toEqual(['cannot use process.json', 'args: is missing']);
  expect(message(() => parseResources({ pids: { limit: 'x' } }))).toEqual([
    'cannot use the resources',
    'pids.limit: must be an integer, is "x"',
  ]);
});
