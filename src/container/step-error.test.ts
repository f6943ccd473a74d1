import { describe, expect, test } from 'vitest';
import { errnoNumber } from '../errors/errno.ts';
import type { TsrunError } from '../errors/tsrun-error.ts';
import type { Operation, StepFailure } from '../native/messages.ts';
import type { IdMapStep, Plan, Step } from '../plan/plan.ts';
import { stepError, whyOf } from './step-error.ts';
import { adviceFor, adviceTables, launcherOf } from './step-hints.ts';

const attributes = {
  readonly: false,
  nosuid: false,
  nodev: false,
  noexec: false,
  atime: 'relatime',
  nodiratime: false,
  nosymfollow: false,
} as const;
const mount = (filesystem: string, target: string, parameters: readonly string[] = []): Step => ({
  kind: 'mount',
  filesystem,
  source: filesystem,
  target,
  attributes,
  parameters,
  inherits: 'nothing',
  label: '',
  propagation: null,
  demand: 'required',
});
const bind = (reach: 'this' | 'tree', subpath = ''): Step => ({
  kind: 'bind',
  source: { from: 'path', path: '/srv/data', subpath },
  target: '/data',
  reach,
  changes: [{ reach: 'this', set: [], clear: ['readonly'], atime: null }],
  propagation: 'private',
  propagationReach: 'tree',
  demand: 'required',
});
const cgroup = '/sys/fs/cgroup/tsrun/c7f';
const write = (file: string, value: string): Step => ({
  kind: 'cgroup-write',
  path: cgroup,
  file,
  value,
  expect: value,
  instead: '',
  demand: 'required',
});
const idMap = (writer: IdMapStep['writer']): Step => ({
  kind: 'id-map',
  uids: [{ container: 0, host: 100000, size: 65536 }],
  gids: [{ container: 0, host: 100000, size: 65536 }],
  writer,
});

/** One step of every kind that has advice, and more where the advice depends on what is in it. */
const samples: readonly Step[] = [
  { kind: 'cgroup-create', path: cgroup, demand: 'required' },
  { kind: 'cgroup-enable', path: '/sys/fs/cgroup/tsrun', controllers: ['memory', 'pids'], demand: 'required' },
  { kind: 'cgroup-enter', path: cgroup, demand: 'required' },
  {
    kind: 'cgroup-scope',
    path: cgroup,
    bus: 'user',
    unit: 'tsrun-c7f.scope',
    slice: 'tsrun.slice',
    properties: [],
  },
  { kind: 'cgroup-attach', path: cgroup, bus: 'user', unit: 'tsrun-c7f.scope', below: '' },
  write('memory.max', '67108864'),
  write('memory.swap.max', '0'),
  write('io.weight', '100'),
  write('io.max', '8:1 rbps=1048576'),
  write('cpuset.cpus', '0-7'),
  write('pids.max', '10'),
  { kind: 'cgroup-devices', path: cgroup, program: new Uint8Array(), demand: 'required' },
  {
    kind: 'open-tree',
    slot: 0,
    source: '/srv/data',
    subpath: '',
    reach: 'tree',
    namespace: '',
    idMap: { reach: 'this', users: { type: 'map', uids: [], gids: [] } },
  },
  {
    kind: 'open-tree',
    slot: 0,
    source: '/srv/data',
    subpath: 'site',
    reach: 'tree',
    namespace: '',
    idMap: { reach: 'this', users: { type: 'map', uids: [], gids: [] } },
  },
  { kind: 'anchor', users: '/proc/812/ns/user', network: '/proc/812/ns/net' },
  { kind: 'clone', namespaces: ['mount', 'pid', 'user'], cgroup },
  idMap('direct'),
  { kind: 'net-device', device: 'eth1', name: 'eth0' },
  {
    kind: 'veth',
    hostName: 'tsve1',
    bridge: 'tsrun0',
    name: 'eth0',
    mac: '02:74:0a:d4:00:02',
    mtu: 1500,
    addresses: [{ address: '10.212.0.2', prefix: 16 }],
    gateways: ['10.212.0.1'],
  },
  {
    kind: 'macvlan',
    parent: 'eth1',
    name: 'eth0',
    mode: 'bridge',
    mac: '02:74:0a:d4:00:02',
    mtu: 1500,
    addresses: [{ address: '10.212.0.2', prefix: 16 }],
    gateways: ['10.212.0.1'],
  },
  { kind: 'pasta', program: '/usr/bin/pasta', argv: ['pasta', '--netns'], demand: 'required' },
  {
    kind: 'forward',
    ports: [
      {
        protocol: 'tcp',
        hostPort: 8080,
        address: '10.212.0.2',
        containerPort: 80,
        claim: '/run/tsrun/networks/.ports/p',
      },
    ],
  },
  idMap('newidmap'),
  { kind: 'raise-rlimit', resource: 7, soft: 1024n, hard: 1048576n, demand: 'required' },
  { kind: 'rlimit', resource: 7, soft: 1024n, hard: 1048576n, demand: 'required' },
  { kind: 'oom-score-adj', value: -500, demand: 'required' },
  { kind: 'open-path', slot: 1, path: '/var/lib/tsrun/layers/1' },
  { kind: 'become-root', dropGroups: true },
  {
    kind: 'time-namespace',
    monotonicSeconds: 10n,
    monotonicNanoseconds: 0,
    boottimeSeconds: 10n,
    boottimeNanoseconds: 0,
  },
  { kind: 'join', namespaces: ['network'], from: { type: 'path', path: '/run/netns/web' } },
  { kind: 'root-propagation', root: 'host', propagation: 'slave', reach: 'tree' },
  { kind: 'proc-handle', instance: 'new' },
  {
    kind: 'overlay',
    lower: [1],
    upper: 2,
    work: 3,
    at: 4,
    target: '/run/tsrun/c7f',
    nodev: false,
    userxattr: true,
    volatile: false,
  },
  { kind: 'rootfs-bind', source: 1, at: 4, target: '/run/tsrun/c7f', nodev: true },
  {
    kind: 'remount',
    target: '/data',
    changes: [],
    parameters: ['size=1m'],
    propagation: null,
    propagationReach: 'this',
    demand: 'required',
  },
  mount('proc', '/proc'),
  mount('devpts', '/dev/pts', ['context=label']),
  mount('sysfs', '/sys'),
  mount('tmpfs', '/tmp', ['size=64x']),
  mount('mqueue', '/dev/mqueue'),
  mount('cgroup2', '/sys/fs/cgroup'),
  bind('tree'),
  bind('tree', 'site'),
  bind('this'),
  {
    kind: 'device',
    path: '/dev/fuse',
    type: 'char',
    major: 10,
    minor: 229,
    mode: 0o666,
    uid: 0,
    gid: 0,
    how: 'bind',
    source: '/dev/fuse',
  },
  { kind: 'symlink', target: '/proc/self/fd', path: '/dev/fd' },
  { kind: 'directory', path: '/app', mode: 0o755, uid: 0, gid: 0 },
  { kind: 'directory', path: '/proc/self/fd/8', mode: 0o755, uid: 0, gid: 0 },
  { kind: 'loopback' },
  { kind: 'lookup', user: 'alice', groupAdd: [] },
  { kind: 'pivot-root' },
  { kind: 'root-readonly' },
  { kind: 'hostname', hostname: 'web' },
  { kind: 'domainname', domainname: 'example.org' },
  { kind: 'sysctl', name: 'net.ipv4.ip_forward', path: 'net/ipv4/ip_forward', value: '1' },
  { kind: 'mask-path', path: '/proc/kcore' },
  { kind: 'readonly-path', path: '/proc/sys' },
  { kind: 'session', keyring: 'new' },
  { kind: 'console', rows: 24, columns: 80, owner: 0, to: { to: 'launcher' }, devConsole: true },
  {
    kind: 'scheduler',
    policy: 6,
    nice: 0,
    priority: 0,
    flags: 0n,
    runtime: 1_000_000n,
    deadline: 5_000_000n,
    period: 5_000_000n,
  },
  { kind: 'io-priority', priority: 0x2004 },
  { kind: 'cpu-affinity', mask: Uint8Array.of(4) },
  { kind: 'memory-policy', mode: 2, nodes: Uint8Array.of(2) },
  { kind: 'exec-label', module: 'apparmor', label: 'web' },
  { kind: 'exec-label', module: 'selinux', label: 'system_u:system_r:web_t:s0' },
  { kind: 'bounding-set', keep: 0n },
  { kind: 'seccomp', listener: null, program: new Uint8Array(), flags: 0 },
  { kind: 'user', identity: { type: 'looked-up', setGroups: true }, umask: 0o022 },
  { kind: 'capabilities', effective: 0n, permitted: 0n, inheritable: 0n, ambient: 0n },
  { kind: 'working-directory', path: '/app' },
  { kind: 'close-files', from: 3 },
];

/** The three kinds of launcher, as plans show them. */
const launchers: readonly (readonly Step[])[] = [[], [idMap('direct')], [idMap('newidmap')]];

const usualCall: Partial<Record<Step['kind'], Operation>> = {
  'cgroup-create': 'mkdir',
  'cgroup-enable': 'write',
  'cgroup-enter': 'write',
  'cgroup-scope': 'reach the launcher',
  'cgroup-attach': 'reach the launcher',
  'cgroup-write': 'write',
  'cgroup-devices': 'bpf(BPF_PROG_ATTACH)',
  'open-tree': 'open_tree',
  clone: 'clone3',
  'id-map': 'write the id maps',
  'raise-rlimit': 'prlimit',
  rlimit: 'prlimit',
  'oom-score-adj': 'write',
  'open-path': 'open',
  'become-root': 'setresuid',
  'time-namespace': 'write',
  'root-propagation': 'mount',
  'proc-handle': 'fsconfig',
  overlay: 'mount',
  'rootfs-bind': 'open_tree',
  mount: 'fsconfig',
  bind: 'openat2',
  device: 'openat2',
  symlink: 'openat2',
  directory: 'openat2',
  console: 'openat2',
  'mask-path': 'openat2',
  'readonly-path': 'openat2',
  loopback: 'ioctl',
  lookup: 'reach the launcher',
  'pivot-root': 'pivot_root',
  'root-readonly': 'mount_setattr',
  hostname: 'sethostname',
  domainname: 'setdomainname',
  sysctl: 'open',
  session: 'setsid',
  scheduler: 'sched_setattr',
  'io-priority': 'ioprio_set',
  'cpu-affinity': 'sched_setaffinity',
  'memory-policy': 'set_mempolicy',
  'exec-label': 'write',
  'bounding-set': 'prctl',
  seccomp: 'seccomp',
  user: 'setresuid',
  capabilities: 'capset',
  'close-files': 'close_range',
};

const around = (step: Step): readonly Step[] => [
  step,
  { kind: 'lookup', user: 'alice', groupAdd: [] },
  { kind: 'working-directory', path: '/proc/self/fd/8' },
];
const planOf = (launcher: readonly Step[], step: Step): Plan => ({ version: 1, steps: [...launcher, ...around(step)] });
const failureOf = (plan: Plan, step: Step, errno: string, operation: Operation): StepFailure => ({
  step: plan.steps.indexOf(step),
  errno: errnoNumber(errno) ?? 0,
  operation,
  item: 0,
});
const render = ({ message, why, hint }: TsrunError): string =>
  [message, `  ${why}`, ...(hint === null ? [] : [`  hint: ${hint}`])].join('\n');

function whoOf(plan: Plan): string {
  const { rootless, userns } = launcherOf(plan);
  return rootless ? 'an ordinary user' : userns ? 'root with a user namespace' : 'root';
}

type Row = NonNullable<ReturnType<typeof adviceFor>>;
const rows = Object.entries(adviceTables).flatMap(([kind, table]) =>
  (table as readonly Row[]).map((row) => ({ kind: kind as Step['kind'], row })),
);

/** The first sample and launcher for which this row, and none above it, is found. */
function occasionOf(kind: Step['kind'], row: Row): { readonly who: string; readonly text: string } | null {
  const operation = row.calls?.[0] ?? usualCall[kind] ?? 'nothing';
  for (const step of samples.filter((each) => each.kind === kind)) {
    for (const launcher of launchers) {
      const plan = planOf(launcher, step);
      for (const errno of [row.errno].flat()) {
        const failure = failureOf(plan, step, errno, operation);
        if (adviceFor(step, failure, launcherOf(plan)) !== row) continue;
        return { who: whoOf(plan), text: render(stepError(plan, failure)) };
      }
    }
  }
  return null;
}

test.each(rows.map(({ kind, row }) => [kind, String(row.errno), row] as const))(
  'the advice for %s and %s is found by some failure',
  (kind, _, row) => {
    expect(occasionOf(kind, row)).not.toBeNull();
  },
);

test('every row reads as in the golden file', async () => {
  // Kinds of steps share rows; once is enough.
  const first = new Map([...rows].reverse().map(({ kind, row }) => [row, kind] as const));
  const all = [...first].reverse().map(([row, kind]) => {
    const occasion = occasionOf(kind, row);
    return `# ${kind}, ${[row.errno].flat().join(' or ')}, as ${occasion?.who}\n${occasion?.text}\n`;
  });
  await expect(all.join('\n')).toMatchFileSnapshot('./step-error.golden.txt');
});

describe('what is not in the tables', () => {
  test('a failure without advice names the step, the call and the errno', () => {
    const step: Step = { kind: 'hostname', hostname: 'web' };
    const plan = planOf([], step);
    expect(render(stepError(plan, failureOf(plan, step, 'EIO', 'sethostname')))).toBe(
      'cannot set the hostname to "web"\n  sethostname failed: EIO (i/o error)',
    );
  });
  test('every kind of step can fail without advice', () => {
    for (const step of samples) {
      const plan = planOf([], step);
      expect(stepError(plan, failureOf(plan, step, 'EDOM', 'nothing')).message).toMatch(/^cannot [a-z]/);
    }
  });
});

describe('limits', () => {
  const step = write('memory.max', '67108865');
  const plan = planOf([], step);
  test('a value that reads back otherwise is said so', () => {
    const error = stepError(plan, { step: 0, errno: 0, operation: 'read back', item: 0 });
    expect(error.code).toBe('LIMIT_UNAVAILABLE');
    expect(error.why).toBe('the kernel took memory.max but holds another value than 67108865');
  });
  test('a controller that is refused is named', () => {
    const enable: Step = { kind: 'cgroup-enable', path: cgroup, controllers: ['cpu', 'memory'], demand: 'required' };
    expect(whyOf(enable, { step: 0, errno: errnoNumber('EBUSY') ?? 0, operation: 'write', item: 1 })).toContain(
      'write (memory) failed: EBUSY',
    );
  });
});

test('a working directory that cannot be made is 126, as docker has it', () => {
  const step: Step = { kind: 'directory', path: '/proc/self/fd/8', mode: 0o755, uid: 0, gid: 0 };
  const plan = planOf([], step);
  const error = stepError(plan, failureOf(plan, step, 'ELOOP', 'openat2'));
  expect(error.code).toBe('COMMAND_NOT_EXECUTABLE');
  expect(error.message).toBe('cannot use the working directory "/proc/self/fd/8"');
});

test('a volume behind a slot is named by its host path', () => {
  const step: Step = { ...bind('tree'), source: { from: 'slot', slot: 4 } } as Step;
  const plan: Plan = {
    version: 1,
    steps: [
      { kind: 'open-tree', slot: 4, source: '/srv/volume', subpath: '', reach: 'tree', namespace: '', idMap: null },
      step,
    ],
  };
  expect(stepError(plan, failureOf(plan, step, 'EROFS', 'openat2')).message).toBe(
    'cannot bind "/srv/volume" at "/data"',
  );
});
