import { describe, expect, test } from 'vitest';
import type { CgroupHost, Privilege } from '../../plan/host-facts.ts';
import { checkControlGroups } from './control-groups.ts';
import { checkKernel, checkNamespaces, checkResourceCapability, checkSeccomp } from './kernel.ts';
import { checkKeyrings } from './keyrings.ts';
import type { Machine } from './machine.ts';
import { checkBridges, checkPasta, checkTun } from './networks.ts';
import { checkOverlay } from './overlay.ts';
import { checkSubordinateIds, checkUserNamespaces } from './user-namespaces.ts';

/** A machine of an ordinary user on which everything works, with changes. */
const machine = (files: Readonly<Record<string, string>> = {}, changes: Partial<Machine> = {}): Machine => ({
  kernel: '6.1.0-18-amd64',
  uid: 1000,
  node: '20.19.0',
  read: (path) => files[path] ?? null,
  exists: () => true,
  mode: () => ({ bits: 0o4755, uid: 0 }),
  program: (name) => `/usr/bin/${name}`,
  attempt: () => ({ exitCode: 0, said: '' }),
  ...changes,
});

test.each([
  ['5.14.9', 'fail'],
  ['5.15.0-91-generic', 'ok'],
  ['6.18.2', 'ok'],
  ['10.0.0', 'ok'],
  ['4.19.0', 'fail'],
])('the kernel %s is %s', (kernel, status) => {
  expect(checkKernel(machine({}, { kernel }))).toMatchObject({ status });
});

test('missing namespaces are named', () => {
  expect(checkNamespaces(machine()).status).toBe('ok');
  expect(checkNamespaces(machine({}, { exists: (path) => !path.endsWith('/time') }))).toMatchObject({
    status: 'fail',
    detail: expect.stringContaining('time'),
  });
});

test('a kernel without seccomp filters or tun is noticed', () => {
  expect(checkSeccomp(machine()).status).toBe('fail');
  expect(checkSeccomp(machine({ '/proc/sys/kernel/seccomp/actions_avail': 'errno allow' })).status).toBe('ok');
  expect(checkTun(machine({}, { exists: () => false })).status).toBe('warn');
});

test('what networks need is noticed when it is missing', () => {
  expect(checkPasta(machine()).status).toBe('ok');
  expect(checkPasta(machine({}, { program: () => null }))).toMatchObject({
    status: 'warn',
    detail: expect.stringContaining('each other'),
  });
  expect(checkBridges(machine())).toEqual([]);
  expect(checkBridges(machine({}, { uid: 0 }))).toMatchObject([{ status: 'ok' }, { status: 'ok' }]);
  const noVeth = {
    uid: 0,
    attempt: (_: string, args: readonly string[]) => ({ exitCode: args.join(' ').includes('veth') ? 2 : 0, said: '' }),
  };
  expect(checkBridges(machine({}, noVeth))).toMatchObject([
    { status: 'warn', detail: expect.stringContaining('(veth)') },
  ]);
  const noBridgeRules = {
    uid: 0,
    attempt: (_: string, args: readonly string[]) => ({
      exitCode: args.join(' ').includes('table bridge') ? 1 : 0,
      said: '',
    }),
  };
  expect(checkBridges(machine({}, noBridgeRules))).toMatchObject([
    { status: 'ok' },
    { status: 'warn', detail: expect.stringContaining('each other’s addresses') },
  ]);
});

describe('user namespaces', () => {
  const refused = { attempt: () => ({ exitCode: 1, said: 'unshare: Operation not permitted' }) };
  test.each<[string, Readonly<Record<string, string>>, Partial<Machine>, string]>([
    ['none are allowed', { '/proc/sys/user/max_user_namespaces': '0' }, {}, 'sudo sysctl -w user.max_user_namespaces='],
    [
      "Debian's switch is off",
      { '/proc/sys/kernel/unprivileged_userns_clone': '0' },
      {},
      'sudo sysctl -w kernel.unprivileged_userns_clone=1',
    ],
    [
      'AppArmor restricts them',
      { '/proc/sys/kernel/apparmor_restrict_unprivileged_userns': '1' },
      refused,
      'apparmor_restrict_unprivileged_userns=0',
    ],
    ['something else refuses', {}, refused, 'look for a filter'],
  ])('fail when %s, with the fix', (_, files, changes, fix) => {
    expect(checkUserNamespaces(machine(files, changes))).toMatchObject({
      status: 'fail',
      fix: expect.stringContaining(fix),
    });
  });

  test('an AppArmor restriction that lets us through is no failure', () => {
    expect(checkUserNamespaces(machine({ '/proc/sys/kernel/apparmor_restrict_unprivileged_userns': '1' })).status).toBe(
      'ok',
    );
  });

  test('root can do without: a warning', () => {
    expect(checkUserNamespaces(machine({}, { uid: 0, ...refused })).status).toBe('warn');
  });
});

describe('subordinate ids', () => {
  const user: Privilege = {
    type: 'rootless',
    uid: 1000,
    gid: 1000,
    user: 'me',
    subuids: [{ start: 100000, size: 65536 }],
    subgids: [{ start: 100000, size: 65536 }],
    canMapRanges: true,
  };
  test.each<[string, Privilege, Partial<Machine>, string | null]>([
    ['all is there', user, {}, null],
    ['root asks', { type: 'root' }, {}, null],
    ['there is no range', { ...user, subgids: [] }, {}, 'usermod --add-subuids 100000-165535'],
    ['newuidmap is missing', user, { program: () => null }, 'apt-get install uidmap'],
    [
      'newuidmap is not setuid',
      user,
      { mode: () => ({ bits: 0o755, uid: 0 }), attempt: () => ({ exitCode: 1, said: '' }) },
      'chmod u+s /usr/bin/newuidmap',
    ],
  ])('when %s', (_, privilege, changes, fix) => {
    const check = checkSubordinateIds(machine({}, changes), privilege);
    expect(check.status).toBe(fix === null ? 'ok' : 'warn');
    if (fix !== null) expect(check.fix).toContain(fix);
  });
});

test('overlay is tried out where it will be used', () => {
  const tried: string[][] = [];
  const remember = {
    attempt: (_: string, args: readonly string[]) => {
      tried.push([...args]);
      return { exitCode: 0, said: '' };
    },
  };
  expect(checkOverlay(machine({}, remember)).status).toBe('ok');
  expect(tried[0]).toContain('--user');
  expect(checkOverlay(machine({}, { ...remember, uid: 0 })).status).toBe('ok');
  expect(tried[1]).not.toContain('--user');
  expect(
    checkOverlay(machine({}, { uid: 0, attempt: () => ({ exitCode: 32, said: 'unknown filesystem' }) })),
  ).toMatchObject({
    status: 'fail',
    fix: 'sudo modprobe overlay',
  });
});

test('overlay that cannot be tried out for want of a program is no failure', () => {
  const kernel = { '/proc/filesystems': 'nodev\ttmpfs\nnodev\toverlay' };
  for (const [lacking, words] of [
    ['mount', 'mount(8) is missing'],
    ['unshare', 'unshare(1) is missing'],
  ] as const) {
    const without = machine(kernel, {
      program: (name) => (name === lacking ? null : `/usr/bin/${name}`),
      attempt: () => ({ exitCode: 127, said: 'sh: 1: mount: not found' }),
    });
    expect(checkOverlay(without)).toMatchObject({ status: 'ok', detail: expect.stringContaining(words) });
  }
});

test('root without CAP_SYS_RESOURCE is told what will be refused', () => {
  const status = 'CapEff:\t000001fffeffffff';
  expect(checkResourceCapability(machine({ '/proc/self/status': status }, { uid: 0 })).status).toBe('warn');
  expect(checkResourceCapability(machine({ '/proc/self/status': status })).status).toBe('ok');
});

describe('keyrings', () => {
  const of = (line: string) =>
    checkKeyrings(machine({ '/proc/key-users': `    0:    30 29/29 24/1000000 576/25000000\n${line}` }));
  test('there is room for many containers, or nothing is known', () => {
    expect(of(' 1000:     5 5/5 5/200 90/20000')).toMatchObject({
      status: 'ok',
      detail: 'room for 195 more containers',
    });
    expect(checkKeyrings(machine({})).status).toBe('ok');
  });
  test('a user near his limit is told which one to raise', () => {
    expect(of(' 1000:     5 5/5 195/200 90/20000')).toMatchObject({
      status: 'warn',
      detail: 'room for 5 more containers: this user has 195 of 200 keys',
      fix: 'sudo sysctl kernel.keys.maxkeys=2000',
    });
    expect(of(' 1000:     5 5/5 5/200 19995/20000')).toMatchObject({
      detail: 'room for 0 more containers: his keys take 19995 of 20000 bytes',
      fix: 'sudo sysctl kernel.keys.maxbytes=200000',
    });
  });
});

describe('control groups', () => {
  const available = (controllers: readonly string[], elsewhere: Readonly<Record<string, string>> = {}): CgroupHost => ({
    type: 'available',
    base: '/sys/fs/cgroup/tsrun',
    delegation: [],
    controllers,
    monitorLeaf: null,
    mount: '/sys/fs/cgroup',
    cpuset: { cpus: '', mems: '' },
    systemd: null,
    elsewhere,
  });
  test('all controllers are fine', () => {
    expect(checkControlGroups(available(['cpu', 'cpuset', 'io', 'memory', 'pids'])).status).toBe('ok');
  });

  test('an ordinary user has what systemd hands over, wherever his session is', () => {
    const { elsewhere, cpuset } = available([]);
    const systemd = { bus: 'user', directory: '/sys/fs/cgroup/u', controllers: ['memory', 'pids'] } as const;
    const host: CgroupHost = { type: 'unavailable', reason: 'no', hint: 'none', elsewhere, cpuset, systemd };
    expect(checkControlGroups(host)).toMatchObject({
      status: 'warn',
      detail: expect.stringMatching(/^cannot be limited: cpu /),
    });
    const whole = { ...systemd, controllers: ['cpu', 'cpuset', 'io', 'memory', 'pids'] };
    expect(checkControlGroups({ ...host, systemd: whole })).toMatchObject({ status: 'ok' });
  });

  test('a missing controller is named with its flag and its place', () => {
    const check = checkControlGroups(
      available(['cpu', 'cpuset', 'io', 'pids'], { memory: 'v1 at /sys/fs/cgroup/memory' }),
    );
    expect(check).toMatchObject({
      status: 'warn',
      detail: 'cannot be limited: memory (--memory) is v1 at /sys/fs/cgroup/memory',
      fix: expect.stringContaining('systemd.unified_cgroup_hierarchy=1'),
    });
    expect(checkControlGroups(available(['memory', 'pids'])).fix).toContain('Delegate=');
  });
});
