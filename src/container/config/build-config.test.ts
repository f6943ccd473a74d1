import { describe, expect, it } from 'vitest';
import type { ImageConfig } from '../../image/image.ts';
import type { OciMount } from '../../oci/config.ts';
import type { HostFacts, UserNamespace } from '../../plan/host-facts.ts';
import type { ByteSize, ContainerId, RunRequest, VolumeMount, VolumeName } from '../request/run-request.ts';
import { tmpfsAttributes } from '../request/tmpfs.ts';
import { buildConfig } from './build-config.ts';
import type { ConfigInput, Machine } from './input.ts';
import { limitsAsked } from './resources.ts';

const id = 'c0ffee'.padEnd(64, '0') as ContainerId;

const request: RunRequest = {
  name: null,
  hostname: null,
  domainname: null,
  command: [],
  entrypoint: null,
  env: [],
  workingDirectory: null,
  user: null,
  groupAdd: [],
  stdin: 'null',
  terminal: false,
  detach: false,
  remove: false,
  log: { driver: 'none' },
  restart: { name: 'no' },
  health: {
    command: 'image',
    interval: null,
    timeout: null,
    retries: null,
    startPeriod: null,
    startInterval: null,
    onFailure: 'none',
  },
  init: false,
  mounts: [],
  volumesFrom: [],
  readonlyRoot: false,
  shmSize: (64 * 1024 * 1024) as ByteSize,
  devices: [],
  deviceCgroupRules: [],
  privileged: false,
  capAdd: [],
  capDrop: [],
  noNewPrivileges: true,
  seccomp: { type: 'default' },
  ulimits: [],
  sysctls: {},
  limits: {
    memory: null,
    memoryReservation: null,
    memorySwap: null,
    cpus: null,
    cpuShares: null,
    cpuQuota: null,
    cpuPeriod: null,
    cpusetCpus: null,
    cpusetMems: null,
    pids: null,
    blkioWeight: null,
    deviceReadBps: [],
    deviceWriteBps: [],
    deviceReadIops: [],
    deviceWriteIops: [],
    unified: {},
    demand: 'required',
  },
  cgroupParent: null,
  pid: 'private',
  ipc: 'private',
  uts: 'private',
  userns: 'default',
  cgroupns: 'private',
  time: null,
  network: 'none',
  publish: [],
  expose: [],
  publishAll: false,
  stopSignal: null,
  stopTimeout: 10,
  signalProxy: true,
  oomScoreAdj: 0,
  extraHosts: [],
  dns: { servers: [], search: [], options: [] },
  labels: {},
  annotations: {},
  platform: null,
  pull: 'missing',
  cidfile: null,
  without: [],
};

const image: ImageConfig = {
  os: 'linux',
  architecture: 'amd64',
  variant: null,
  env: ['PATH=/bin', 'LANG=C'],
  entrypoint: ['/entry'],
  cmd: ['serve'],
  user: '',
  workingDir: '',
  stopSignal: null,
  healthcheck: null,
  shell: [],
  volumes: [],
  exposedPorts: [],
  labels: {},
  created: null,
};

const host: HostFacts = {
  privilege: { type: 'root' },
  cgroup: {
    type: 'available',
    base: '/sys/fs/cgroup/tsrun',
    delegation: ['/sys/fs/cgroup'],
    controllers: ['memory', 'pids', 'cpu'],
    monitorLeaf: null,
    mount: '/sys/fs/cgroup',
    cpuset: { cpus: '', mems: '' },
    systemd: null,
    elsewhere: {},
  },
  kernel: '6.1.0',
  lastCapability: 40,
  canRaiseLimits: true,
  initialUserNamespace: true,
  allowsSetGroups: true,
  hasKcore: true,
};

const machine: Machine = {
  architecture: 'x64',
  hostname: 'laptop',
  boundingSet: (1n << 41n) - 1n,
  groups: [{ container: 0, host: 0, size: 4_294_967_295 }],
  devices: [],
  thermalPaths: ['/sys/devices/system/cpu/cpu0/thermal_throttle'],
};

const rootless: UserNamespace = {
  type: 'new',
  uids: [{ container: 0, host: 1000, size: 1 }],
  gids: [{ container: 0, host: 1000, size: 1 }],
  writer: 'single',
};

const mapped: UserNamespace = {
  type: 'new',
  uids: [{ container: 0, host: 1_879_048_192, size: 65_536 }],
  gids: [{ container: 0, host: 1_879_048_192, size: 65_536 }],
  writer: 'direct',
};
const userHost: HostFacts = {
  ...host,
  privilege: { type: 'rootless', uid: 1000, gid: 1000, user: 'me', subuids: [], subgids: [], canMapRanges: false },
};
const chosenVolume: VolumeMount = {
  type: 'chosen-volume',
  name: 'data' as VolumeName,
  kind: 'named',
  source: '/store/volumes/data/_data',
  subpath: '',
  target: '/data',
  access: 'rw',
  ids: 'container',
};
const files = { hosts: '/run/h', hostname: '/run/n', resolvConf: '/run/r' };

function config(
  changes: Partial<RunRequest>,
  more: Partial<Omit<ConfigInput, 'request' | 'image'>> & { readonly image?: Partial<ImageConfig> } = {},
) {
  return buildConfig({
    id,
    host,
    machine,
    userns: { type: 'host' },
    files,
    ...more,
    request: { ...request, ...changes },
    image: { ...image, ...more.image },
  });
}

describe('the command line', () => {
  it('is the entrypoint with the command', () => {
    expect(config({}).process?.args).toEqual(['/entry', 'serve']);
  });
  it('takes the command of the request instead of the image’s', () => {
    expect(config({ command: ['sh'] }).process?.args).toEqual(['/entry', 'sh']);
  });
  it('drops the image’s command along with its entrypoint', () => {
    expect(config({ entrypoint: ['/bin/sh'] }).process?.args).toEqual(['/bin/sh']);
  });
  it('is refused when there is none', () => {
    expect(() => config({}, { image: { entrypoint: [], cmd: [] } })).toThrow('no command to run');
    expect(() => config({ entrypoint: [] })).toThrow('no command to run');
  });
});

describe('the environment', () => {
  it('has each name once, with the last value', () => {
    expect(config({ env: ['LANG=de', 'X=1', 'X=2'] }).process?.env).toEqual([
      'PATH=/bin',
      'HOSTNAME=c0ffee000000',
      'LANG=de',
      'X=2',
    ]);
  });
  it('has TERM with a terminal only', () => {
    expect(config({ terminal: true }).process?.env).toContain('TERM=xterm');
    expect(config({}).process?.env).not.toContain('TERM=xterm');
  });
});

describe('capabilities', () => {
  const bounding = (changes: Partial<RunRequest>) => config(changes).process?.capabilities?.bounding;
  it('are docker’s fourteen', () => {
    expect(bounding({})).toHaveLength(14);
  });
  it('start from nothing with --cap-drop ALL', () => {
    expect(bounding({ capDrop: ['ALL'], capAdd: ['CAP_NET_ADMIN'] })).toEqual(['CAP_NET_ADMIN']);
  });
  it('start from all with --cap-add ALL', () => {
    expect(bounding({ capAdd: ['ALL'], capDrop: ['CAP_SYS_ADMIN'] })).toHaveLength(40);
  });
  it('make no device nodes where no device rules would guard them', () => {
    const bare: HostFacts = {
      ...host,
      cgroup: {
        type: 'unavailable',
        reason: '',
        hint: '',
        elsewhere: {},
        cpuset: { cpus: '', mems: '' },
        systemd: null,
      },
    };
    expect(config({}, { host: bare }).process?.capabilities?.bounding).not.toContain('CAP_MKNOD');
    expect(config({ capAdd: ['CAP_MKNOD'] }, { host: bare }).process?.capabilities?.bounding).toContain('CAP_MKNOD');
  });
  it('are never inheritable or ambient', () => {
    expect(config({ privileged: true }).process?.capabilities).toMatchObject({ inheritable: [], ambient: [] });
  });
  it('are held by root only', () => {
    expect(config({ user: '1000' }).process?.capabilities).toMatchObject({ effective: [], permitted: [] });
  });
  it('that tsrun lacks are refused when asked for and left out when not', () => {
    const lacking = { machine: { ...machine, boundingSet: machine.boundingSet & ~(1n << 24n) & ~1n } };
    expect(() => config({ capAdd: ['CAP_SYS_RESOURCE'] }, lacking)).toThrow('cannot give the container');
    expect(config({}, lacking).process?.capabilities?.bounding).toHaveLength(13);
  });
  it('of a new user namespace are not limited by the launcher’s', () => {
    const user = { userns: rootless, machine: { ...machine, boundingSet: 0n } };
    expect(config({}, user).process?.capabilities?.bounding).toHaveLength(14);
  });
});

describe('mounts', () => {
  const mount = (built: ReturnType<typeof buildConfig>, destination: string) =>
    built.mounts?.find((each) => each.destination === destination);

  it('put volumes after what they lie in', () => {
    const bind = { type: 'bind', source: '/srv', access: 'rw', propagation: 'private', recursive: true } as const;
    const built = config({
      mounts: [
        { ...bind, target: '/etc/deep/er', missingSource: 'create' },
        { ...bind, target: '/etc', missingSource: 'create' },
      ],
    });
    const order = built.mounts?.map(({ destination }) => destination).filter((each) => each.startsWith('/etc'));
    expect(order).toEqual(['/etc', '/etc/resolv.conf', '/etc/hostname', '/etc/hosts', '/etc/deep/er']);
  });
  it('let a volume replace a default', () => {
    const built = config({
      mounts: [
        {
          type: 'bind',
          source: '/dev/shm',
          target: '/dev/shm/',
          access: 'rro',
          propagation: 'slave',
          recursive: true,
          missingSource: 'refuse',
        },
      ],
    });
    expect(built.mounts?.filter(({ destination }) => destination === '/dev/shm')).toEqual([
      { destination: '/dev/shm', type: 'bind', source: '/dev/shm', options: ['rbind', 'rro', 'rslave'] },
    ]);
  });
  it('refuse a false /proc', () => {
    const fake = {
      type: 'tmpfs',
      target: '/proc/../proc/sys',
      attributes: tmpfsAttributes,
      parameters: [],
      copyUp: false,
    } as const;
    expect(() => config({ mounts: [fake] })).toThrow('cannot mount anything at "/proc/sys"');
  });
  it('leave gid 5 out when it is not mapped', () => {
    expect(mount(config({}), '/dev/pts')?.options).toContain('gid=5');
    expect(mount(config({}, { userns: rootless }), '/dev/pts')?.options).not.toContain('gid=5');
  });
  it('bind the host’s /sys where a fresh one is not to be had', () => {
    expect(mount(config({ network: 'host' }, { userns: rootless }), '/sys')).toMatchObject({ type: 'bind' });
    expect(mount(config({ network: 'host' }), '/sys')).toMatchObject({ type: 'sysfs' });
  });
  it('map the ids of a volume where root gives the container others', () => {
    const volume = (changes: Partial<VolumeMount>, input = {}): OciMount | undefined => {
      const chosen = { ...chosenVolume, ...changes };
      return mount(config({ mounts: [chosen] }, input), '/data');
    };
    expect(volume({})?.options).toEqual(['rbind', 'rprivate']);
    expect(volume({ access: 'ro' })?.options).toEqual(['rbind', 'rprivate', 'rro']);
    expect(volume({}, { userns: mapped })?.options).toEqual(['rbind', 'rprivate', 'idmap']);
    expect(volume({ ids: 'host' }, { userns: mapped })?.options).toEqual(['rbind', 'rprivate']);
    expect(volume({}, { userns: rootless, host: userHost })?.options).toEqual(['rbind', 'rprivate']);
  });
});

describe('privileged', () => {
  const built = config(
    { privileged: true },
    {
      machine: {
        ...machine,
        devices: [{ path: '/dev/kvm', type: 'c', major: 10, minor: 232, mode: 0o660, uid: 0, gid: 5 }],
      },
    },
  );
  it('has no filter, no masks and every capability', () => {
    expect(built.linux?.seccomp).toBeUndefined();
    expect(built.linux?.maskedPaths).toEqual([]);
    expect(built.process?.capabilities?.bounding).toHaveLength(41);
  });
  it('has the host’s devices and may use them', () => {
    expect(built.linux?.devices).toMatchObject([{ path: '/dev/kvm', major: 10, minor: 232 }]);
    expect(built.linux?.resources?.devices).toEqual([{ allow: true, access: 'rwm' }]);
  });
  it('has a writable /sys', () => {
    expect(built.mounts?.find(({ destination }) => destination === '/sys')?.options).not.toContain('ro');
  });
});

describe('devices', () => {
  const disks = {
    machine: {
      ...machine,
      devices: [{ path: '/dev/snd/timer', type: 'c', major: 116, minor: 33, mode: 0o660, uid: 0, gid: 29 } as const],
    },
  };
  it('of a directory come along under the target', () => {
    const built = config({ devices: [{ source: '/dev/snd', target: '/dev/audio', access: 'rw' }] }, disks);
    expect(built.linux?.devices?.[0]?.path).toBe('/dev/audio/timer');
    expect(built.linux?.resources?.devices?.at(-1)).toEqual({
      allow: true,
      type: 'c',
      major: 116,
      minor: 33,
      access: 'rw',
    });
  });
  it('that are missing are named', () => {
    expect(() => config({ devices: [{ source: '/dev/nope', target: '/dev/nope', access: 'rwm' }] })).toThrow(
      'cannot find the device "/dev/nope"',
    );
  });
});

describe('limits', () => {
  const resources = (limits: Partial<RunRequest['limits']>) =>
    config({ limits: { ...request.limits, ...limits } }).linux?.resources;
  it('give as much swap again as memory', () => {
    expect(resources({ memory: 100 as ByteSize })?.memory).toEqual({ limit: 100, swap: 200 });
    expect(resources({ memory: 100 as ByteSize, memorySwap: -1 })?.memory).toEqual({ limit: 100, swap: -1 });
  });
  it('refuse less memory and swap than memory', () => {
    expect(() => resources({ memory: 100 as ByteSize, memorySwap: 50 })).toThrow('less than --memory');
    expect(() => resources({ memorySwap: 50 })).toThrow('cannot limit swap alone');
  });
  it('turn cpus into quota and period', () => {
    expect(resources({ cpus: 1.5 })?.cpu).toEqual({ quota: 150_000, period: 100_000 });
    expect(() => resources({ cpus: 1, cpuQuota: 5 })).toThrow('--cpus cannot be used with');
  });
  it('are asked for by any one of them, and not by our own default', () => {
    const asked = (limits: Partial<RunRequest['limits']>) =>
      limitsAsked({ ...request, limits: { ...request.limits, ...limits } });
    expect(asked({})).toBe(false);
    expect([asked({ pids: 5 }), asked({ deviceReadBps: [{ path: '/dev/sda', rate: 1 }] })]).toEqual([true, true]);
    expect(asked({ unified: { 'memory.high': '1' } })).toBe(true);
  });
  it('stop a fork bomb without being asked', () => {
    expect(resources({})?.pids).toEqual({ limit: 2048 });
  });
});

describe('--without', () => {
  it('shares the namespace that is left out', () => {
    const types = config({ without: ['pid', 'network', 'uts'] }).linux?.namespaces?.map(({ type }) => type);
    expect(types).toEqual(['mount', 'ipc', 'cgroup']);
  });
  it('seccomp, masks and limits leaves them out', () => {
    const built = config({ without: ['seccomp', 'masks', 'cgroup-limits', 'no-new-privileges'] });
    expect(built.linux?.seccomp).toBeUndefined();
    expect(built.linux?.readonlyPaths).toEqual([]);
    expect(built.linux?.resources?.pids).toBeUndefined();
    expect(built.process?.noNewPrivileges).toBe(false);
  });
});

describe('sysctls', () => {
  it('of the host are refused', () => {
    expect(() => config({ sysctls: { 'vm.swappiness': '1' } })).toThrow('cannot set the sysctl "vm.swappiness"');
    expect(() => config({ sysctls: { 'net.core.somaxconn': '1' }, network: 'host' })).toThrow('cannot set the sysctl');
  });
  it('limit the ping range to the groups that are mapped', () => {
    expect(config({}, { userns: rootless }).linux?.sysctl?.['net.ipv4.ping_group_range']).toBe('0 0');
    expect(config({}).linux?.sysctl?.['net.ipv4.ping_group_range']).toBe('0 2147483647');
    // Two stretches, as newgidmap makes them; the second counts where it lies behind the first outside too.
    const subordinate = (host: number): UserNamespace => ({
      ...rootless,
      writer: 'newidmap',
      gids: [
        { container: 0, host: 1000, size: 1 },
        { container: 1, host, size: 65_536 },
      ],
    });
    expect(config({}, { userns: subordinate(100_000) }).linux?.sysctl?.['net.ipv4.ping_group_range']).toBe('0 65536');
    expect(config({}, { userns: subordinate(2) }).linux?.sysctl?.['net.ipv4.ping_group_range']).toBe('0 0');
    // Root of a namespace of few ids gives its container no more than it has.
    const few = { machine: { ...machine, groups: [{ container: 0, host: 100_000, size: 65_536 }] } };
    expect(config({}, few).linux?.sysctl?.['net.ipv4.ping_group_range']).toBe('0 65535');
  });
});
