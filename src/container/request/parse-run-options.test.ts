import { describe, expect, test } from 'vitest';
import { TsrunError } from '../../errors/tsrun-error.ts';
import { parseRunOptions } from './parse-run-options.ts';
import type { RunOptions } from './run-options.ts';
import type { RunRequest } from './run-request.ts';

const files: Readonly<Record<string, string>> = {
  '/home/me/a.env': '\uFEFF# comment\n\n  A=1\nHOME\nUNSET\nB= "x" # kept\r\n',
  '/home/me/blank.env': 'A=1\nB C=2\n',
  '/home/me/labels': 'team=web\n# no\nbare\n',
  '/home/me/profile.json': '{"defaultAction":"SCMP_ACT_ALLOW"}',
  '/home/me/broken.json': '{',
};

const parse = (
  options: RunOptions,
  who: { readonly uid?: number; readonly env?: Record<string, string> } = {},
): RunRequest =>
  parseRunOptions(options, {
    spell: (option) => `--${option}`,
    cwd: '/home/me',
    uid: who.uid ?? 1000,
    env: { HOME: '/home/me', EMPTY: '', TSRUN_NETWORK: 'none', ...who.env },
    readFile: (path) => {
      const text = files[path];
      if (text === undefined) throw Object.assign(new Error('none'), { errno: -2 });
      return Buffer.from(text);
    },
  });

/** `message / why / hint`, or the value when nothing was refused. */
function refusal(options: RunOptions): string {
  try {
    return `accepted: ${JSON.stringify(parse(options), (_, value: unknown) => (typeof value === 'bigint' ? `${value}` : value))}`;
  } catch (error) {
    if (!(error instanceof TsrunError)) throw error;
    return `${error.code}: ${error.message} / ${error.why} / ${error.hint}`;
  }
}

test('no options give a request with every default', () => {
  expect(parse({})).toMatchObject({
    command: [],
    entrypoint: null,
    network: 'none',
    userns: 'default',
    shmSize: 67108864,
    stopTimeout: 10,
    signalProxy: true,
    noNewPrivileges: true,
    seccomp: { type: 'default' },
    limits: { memory: null, pids: null, demand: 'required', unified: {} },
    stdin: 'null',
  });
});

describe('who asks for no network', () => {
  const networkOf = (options: RunOptions, uid: number, env: Record<string, string> = {}): unknown => {
    const { network } = parse(options, { uid, env: { TSRUN_NETWORK: '', ...env } });
    if (typeof network === 'string') return network;
    return network.type === 'networks' ? [network.demand, ...network.endpoints.map((each) => each.network)] : network;
  };
  test('has the shared bridge as root and pasta otherwise', () => {
    expect(networkOf({}, 0)).toEqual(['best-effort', 'bridge']);
    expect(networkOf({ network: '' }, 0)).toEqual(['best-effort', 'bridge']);
    expect(networkOf({}, 1000)).toEqual({ type: 'pasta', demand: 'best-effort' });
    expect(networkOf({ publish: ['80'] }, 1000)).toEqual({ type: 'pasta', demand: 'required' });
  });
  test('needs it when it publishes a port', () => {
    expect(networkOf({ publish: ['80'] }, 0)).toEqual(['required', 'bridge']);
    expect(networkOf({ network: 'bridge' }, 0)).toEqual(['required', 'bridge']);
  });
  test('has what TSRUN_NETWORK says', () => {
    expect(networkOf({}, 0, { TSRUN_NETWORK: 'none' })).toBe('none');
    expect(networkOf({}, 0, { TSRUN_NETWORK: 'front' })).toEqual(['best-effort', 'front']);
    expect(networkOf({ network: 'host' }, 0, { TSRUN_NETWORK: 'front' })).toBe('host');
    expect(() => networkOf({}, 0, { TSRUN_NETWORK: '-' })).toThrow('for TSRUN_NETWORK');
  });
});

describe('accepted values', () => {
  test.each<[string, RunOptions, unknown]>([
    ['memory in megabytes', { memory: '64m' }, { limits: { memory: 67108864 } }],
    ['memory with a long unit', { memory: '1.5GiB' }, { limits: { memory: 1610612736 } }],
    ['memory as a number', { memory: 10_000_000 }, { limits: { memory: 10_000_000 } }],
    ['memory 0 is no limit', { memory: '0' }, { limits: { memory: null } }],
    ['unlimited swap', { memory: '64m', memorySwap: '-1' }, { limits: { memorySwap: -1 } }],
    ['a fraction of a CPU', { cpus: '.5' }, { limits: { cpus: 0.5 } }],
    ['cpus 0 is no limit', { cpus: 0 }, { limits: { cpus: null } }],
    ['a set of CPUs', { cpusetCpus: '0-3,5' }, { limits: { cpusetCpus: '0-3,5' } }],
    ['patience without end', { stopTimeout: '-1' }, { stopTimeout: -1 }],
    [
      'the same volume twice is one, as in docker',
      { volumes: ['data:/a', 'data:/a'], tmpfs: ['/t', '/t'] },
      { mounts: [expect.objectContaining({ target: '/a' }), expect.objectContaining({ target: '/t' })] },
    ],
    ['processes of another', { pid: 'container:web' }, { pid: { type: 'container', container: 'web' } }],
    ['shared memory for others', { ipc: 'shareable' }, { ipc: 'shareable' }],
    ['shared memory of another', { ipc: 'container:web' }, { ipc: { type: 'container', container: 'web' } }],
    ['no pids limit', { pidsLimit: '-1' }, { limits: { pids: -1 } }],
    ['blkio weight', { blkioWeight: '500' }, { limits: { blkioWeight: 500 } }],
    [
      'bytes per second',
      { deviceReadBps: ['/dev/sda:1m'] },
      { limits: { deviceReadBps: [{ path: '/dev/sda', rate: 1048576 }] } },
    ],
    [
      'operations per second',
      { deviceWriteIops: [{ path: '/dev/sda', rate: 100 }] },
      { limits: { deviceWriteIops: [{ path: '/dev/sda', rate: 100 }] } },
    ],
    ['a control group file', { cgroupConf: ['memory.high=64M'] }, { limits: { unified: { 'memory.high': '64M' } } }],
    ['a control group parent', { cgroupParent: '/course//team-a/' }, { cgroupParent: 'course/team-a' }],
    ['best effort', { limits: 'best-effort' }, { limits: { demand: 'best-effort' } }],
    [
      'one ulimit number for both',
      { ulimits: ['nofile=1024'] },
      { ulimits: [{ name: 'nofile', soft: 1024n, hard: 1024n }] },
    ],
    [
      'the last ulimit of a name wins',
      { ulimits: ['nofile=1', 'NOFILE=2:-1'] },
      { ulimits: [{ name: 'nofile', soft: 2n, hard: -1n }] },
    ],
    ['ulimits as an object', { ulimits: { core: -1 } }, { ulimits: [{ name: 'core', soft: -1n, hard: -1n }] }],
    [
      'env from the caller, unset ones left out',
      { env: ['A=1', 'HOME', 'EMPTY', 'NONE', 'B='] },
      { env: ['A=1', 'HOME=/home/me', 'EMPTY=', 'B='] },
    ],
    ['env as an object', { env: { A: 'x=y', HOME: undefined } }, { env: ['A=x=y', 'HOME=/home/me'] }],
    [
      'env files come before env',
      { envFile: ['a.env'], env: ['A=2'] },
      { env: ['A=1', 'HOME=/home/me', 'B= "x" # kept', 'A=2'] },
    ],
    [
      'labels, a file first',
      { labelFile: ['labels'], labels: ['team=db', 'x'] },
      { labels: { team: 'db', bare: '', x: '' } },
    ],
    ['annotations', { annotations: { a: 'b' } }, { annotations: { a: 'b' } }],
    ['a signal by name', { stopSignal: 'term' }, { stopSignal: 15 }],
    ['a realtime signal', { stopSignal: 'SIGRTMIN+3' }, { stopSignal: 37 }],
    [
      'capabilities in any spelling',
      { capAdd: ['net_admin', 'CAP_NET_ADMIN', 'SYS_TIME,bpf'] },
      { capAdd: ['CAP_NET_ADMIN', 'CAP_SYS_TIME', 'CAP_BPF'] },
    ],
    ['all capabilities', { capDrop: ['all'] }, { capDrop: ['ALL'] }],
    ['privileges that may grow', { securityOpt: ['no-new-privileges=false'] }, { noNewPrivileges: false }],
    ['privileges that grow with --privileged', { privileged: true }, { noNewPrivileges: false }],
    ["docker's colon", { securityOpt: ['no-new-privileges:true'] }, { noNewPrivileges: true }],
    ['no seccomp', { securityOpt: ['seccomp=unconfined'] }, { seccomp: { type: 'unconfined' } }],
    [
      'a profile',
      { securityOpt: ['seccomp=profile.json'] },
      { seccomp: { type: 'profile', path: '/home/me/profile.json' } },
    ],
    ['no masks', { securityOpt: ['systempaths=unconfined'] }, { without: ['masks'] }],
    ['what is so anyway', { securityOpt: ['apparmor=unconfined', 'label=disable'] }, { noNewPrivileges: true }],
    [
      'a device',
      { devices: ['/dev/fuse'] },
      { devices: [{ source: '/dev/fuse', target: '/dev/fuse', access: 'rwm' }] },
    ],
    [
      'a device, access only',
      { devices: ['/dev/fuse:r'] },
      { devices: [{ source: '/dev/fuse', target: '/dev/fuse', access: 'r' }] },
    ],
    [
      'a device elsewhere',
      { devices: ['/dev/sda:/dev/xvda:rw'] },
      { devices: [{ source: '/dev/sda', target: '/dev/xvda', access: 'rw' }] },
    ],
    ['a device rule', { deviceCgroupRules: ['c 1:* rwm'] }, { deviceCgroupRules: ['c 1:* rwm'] }],
    ['a sysctl', { sysctls: ['net.ipv4.ip_forward=1'] }, { sysctls: { 'net.ipv4.ip_forward': '1' } }],
    [
      'a host',
      { addHost: ['db:10.0.0.5', 'v6=[fd00::1]', 'w:fd00::2'] },
      {
        extraHosts: [
          { host: 'db', address: '10.0.0.5' },
          { host: 'v6', address: 'fd00::1' },
          { host: 'w', address: 'fd00::2' },
        ],
      },
    ],
    [
      'name servers',
      { dns: ['9.9.9.9'], dnsSearch: ['example.com.'], dnsOption: ['ndots:2'] },
      { dns: { servers: ['9.9.9.9'], search: ['example.com'], options: ['ndots:2'] } },
    ],
    ['a platform', { platform: 'linux/aarch64' }, { platform: 'linux/arm64' }],
    ['an architecture alone', { platform: 'armhf' }, { platform: 'linux/arm/v7' }],
    [
      'namespaces of the host',
      { pid: 'host', ipc: 'none', uts: 'host', userns: 'private', cgroupns: 'host', network: 'host' },
      { pid: 'host', ipc: 'none', uts: 'host', userns: 'private', cgroupns: 'host', network: 'host' },
    ],
    ['a clock offset', { timeOffset: 'boottime=86400,monotonic=-5' }, { time: { boottime: 86400n, monotonic: -5n } }],
    ['both clocks', { timeOffset: '60' }, { time: { boottime: 60n, monotonic: 60n } }],
    ['what to leave out', { without: ['pid,net', 'pid'] }, { without: ['pid', 'network'] }],
    ['no entrypoint', { entrypoint: '' }, { entrypoint: [] }],
    ['an entrypoint', { entrypoint: '/bin/sh' }, { entrypoint: ['/bin/sh'] }],
    ['a working directory', { workdir: '/a/../b//c/' }, { workingDirectory: '/b/c' }],
    ['a name', { name: 'web-1' }, { name: 'web-1' }],
    ['a host name', { hostname: 'web-1.lan' }, { hostname: 'web-1.lan' }],
    ['cidfile is relative to the caller', { cidfile: 'id' }, { cidfile: '/home/me/id' }],
    [
      'an empty text says nothing',
      { name: '', hostname: '', domainname: '', cidfile: '', platform: '', pull: '', stopSignal: '', network: '' },
      { name: null, hostname: null, domainname: null, cidfile: null, platform: null, pull: 'missing', network: 'none' },
    ],
    ['an empty parent and user', { cgroupParent: '', user: '', workdir: '' }, { cgroupParent: null, user: null }],
    ['a group alone', { user: ':5' }, { user: ':5' }],
    [
      'the gateway to the host on its own network',
      { addHost: ['h:host-gateway'], network: 'host' },
      { extraHosts: [{ host: 'h', address: '127.0.0.1' }] },
    ],
    ['read-only control groups', { securityOpt: ['writable-cgroups=false'] }, { noNewPrivileges: true }],
    ['shm 0 is the default', { shmSize: '0' }, { shmSize: 67108864 }],
  ])('%s', (_, options, expected) => {
    expect(parse(options)).toMatchObject(expected as object);
  });
});

describe('refused values say what is allowed', () => {
  test.each<[RunOptions, string]>([
    [
      { memory: '5x' },
      'USAGE: invalid value "5x" for --memory / a size is a positive number with an optional unit b, k, m, g, t or p / write for example 64m',
    ],
    [{ memory: '-1' }, 'invalid value "-1" for --memory'],
    [{ memory: '1k' }, 'invalid value "1k" for --memory / less than 6m is not enough'],
    [{ memory: '1g', memoryReservation: '1.5g' }, '1.5g cannot be kept out of 1g'],
    [{ memory: '1g', memorySwap: '512m' }, '512m leaves less than nothing beside 1g'],
    [{ memory: '9000p' }, 'larger than 8 PiB'],
    [{ memory: '10m', memoryReservation: '20m' }, '--memoryReservation is higher than --memory'],
    [{ memorySwap: '64m' }, '--memorySwap needs --memory'],
    [{ memory: '64m', memorySwap: '32m' }, '--memorySwap is lower than --memory'],
    [{ cpus: '0.001' }, 'the smallest share of a CPU is 0.01'],
    [{ cpus: 'two' }, 'it is not a positive number'],
    [{ cpus: 1, cpuQuota: 5000 }, '--cpus and --cpuQuota exclude each other'],
    [{ cpuPeriod: 10 }, 'write a whole number from 1000 to 1000000 microseconds'],
    [{ cpusetCpus: '3-1' }, 'the range "3-1" runs backwards / write 1-3'],
    [{ cpusetCpus: '0,x' }, '"x" is neither a number nor a range'],
    [{ pidsLimit: '1e3' }, 'it is not a whole number'],
    [{ blkioWeight: 5 }, 'from 10 to 1000'],
    [{ deviceReadBps: ['sda:1m'] }, 'absolute path of a device'],
    [{ deviceReadBps: ['/dev/sda'] }, 'there is no rate'],
    [{ deviceReadIops: ['/dev/sda:1m'] }, 'rate of --deviceReadIops'],
    [{ deviceReadIops: ['/dev/sda:1'] }, 'write a whole number from 2'],
    [{ deviceReadBps: ['/dev/sda:1'] }, 'the kernel takes no rate below 2'],
    [{ cgroupConf: ['cgroup.procs=1'] }, "tsrun's own to write"],
    [{ cgroupConf: ['../memory.max=1'] }, 'is not the name of a control group file'],
    [{ cgroupConf: ['memory.max'] }, 'there is no ='],
    [{ cgroupParent: '../other' }, 'it leaves the control group'],
    [{ ulimits: ['nofiles=1'] }, 'did you mean "nofile"?'],
    [{ ulimits: ['nofile=2:1'] }, 'the soft limit is higher than the hard limit'],
    [{ ulimits: ['nofile=-1:1'] }, 'the soft limit is higher than the hard limit'],
    [{ ulimits: ['nofile=99999999999999999999'] }, 'is not a limit'],
    [{ env: ['=x'] }, 'the name of the variable is empty'],
    [{ env: ['A=\0'] }, 'NUL byte'],
    [{ envFile: ['none.env'] }, 'cannot read the file "/home/me/none.env" of --envFile / there is no such file'],
    [{ envFile: ['blank.env'] }, 'line 2: the name "B C" has a blank in it'],
    [{ labels: ['=x'] }, 'the part before = is empty'],
    [{ annotations: ['x'] }, 'there is no ='],
    [{ stopSignal: 'SIGTREM' }, 'did you mean "SIGTERM"?'],
    [{ stopSignal: '65' }, 'there is no such signal'],
    [{ stopSignal: '0' }, 'there is no such signal'],
    [{ stopTimeout: '-5' }, 'it is out of range'],
    [{ oomScoreAdj: 1001 }, 'from -1000 to 1000'],
    [{ capAdd: ['NET_ADMN'] }, 'did you mean "NET_ADMIN"?'],
    [{ securityOpt: ['secomp=unconfined'] }, 'did you mean "seccomp"?'],
    [{ securityOpt: ['seccomp=broken.json'] }, 'is not JSON'],
    [{ securityOpt: ['seccomp=none.json'] }, 'there is no such file'],
    [{ securityOpt: ['apparmor=docker-default'] }, 'NOT_YET'],
    [{ devices: ['/dev/sda:rx'] }, 'neither an absolute path nor access'],
    [{ devices: ['sda'] }, 'is absolute'],
    [{ devices: ['nvidia.com/gpu=all'] }, 'NOT_YET'],
    [{ deviceCgroupRules: ['c 1:3'] }, 'write for example "c 1:3 rwm"'],
    [{ sysctls: ['kernel.panic=1'] }, 'belongs to the whole machine'],
    [{ sysctls: ['net/../kernel/panic=1'] }, 'is not the name of a kernel parameter'],
    [{ sysctls: ['kernel.hostname=x'] }, 'use --hostname x'],
    [
      { sysctls: ['net.core.somaxconn=1'], network: 'host' },
      "in the host's network namespace / it would change the host",
    ],
    [{ sysctls: ['kernel.sem=1'], without: ['ipc'] }, "in the host's ipc namespace"],
    [{ hostname: 'x', uts: 'host' }, 'the host would be renamed'],
    [{ addHost: ['db'] }, 'write NAME:ADDRESS'],
    [{ addHost: ['db:10.0.0.300'] }, 'is not an IP address'],
    [{ addHost: ['h:host-gateway'] }, 'NOT_YET'],
    [{ addHost: ['a b:1.2.3.4'] }, 'cannot stand in /etc/hosts'],
    [{ dns: ['example.com'] }, 'it is not an IP address'],
    [{ dnsSearch: ['a b'] }, 'it is not a domain name'],
    [{ platform: 'windows/amd64' }, 'not for "windows"'],
    [{ platform: 'a/b/c/d' }, 'a platform is OS/ARCHITECTURE[/VARIANT]'],
    [{ pid: 'container:' }, 'it names no container'],
    [{ pid: 'ns:relative' }, 'it is not an absolute path'],
    [{ ipc: 'container:' }, 'it names no container'],
    [{ ipc: 'ns:/run/x' }, 'it can be private, shareable, host or none'],
    [{ pid: 'hots' }, 'it can be private or host / did you mean "host"?'],
    [{ userns: 'auto:size=5' }, 'NOT_YET: cannot do --userns "auto:size=5" yet / no container gets a range'],
    [{ userns: 'nomap' }, 'NOT_YET'],
    [{ userns: 'autumn' }, 'it can be default, private, keep-id or host'],
    [{ mounts: ['type=foo,target=/x'] }, 'it can be volume, bind or tmpfs / choose one of volume, bind, tmpfs'],
    [{ mounts: ['type=image,target=/x'] }, 'NOT_YET'],
    [{ volumesFrom: [':ro'] }, 'no container is named'],
    [{ volumesFrom: ['db:readonly'] }, '"readonly" is not a mode / it is ro or rw'],
    [{ securityOpt: ['writable-cgroups=true'] }, 'NOT_YET'],
    [{ user: ':' }, 'the user is empty'],
    [{ userns: 'keep-id:uid=me' }, 'USAGE'],
    [{ network: 'slirp4netns' }, 'NOT_YET: cannot do --network "slirp4netns" yet'],
    [{ network: 'container:' }, 'it names no container'],
    [{ network: 'ns:blue' }, 'it is not an absolute path'],
    [{ network: ['pasta', 'front'] }, 'goes with no other network'],
    [{ network: 'pasta', ip: '10.0.0.2' }, 'cannot be had with pasta'],
    [{ network: 'container:db', publish: ['80'] }, 'the namespace of somebody else is taken as it is'],
    [{ network: 'container:db', sysctls: ['net.core.somaxconn=1'] }, "in the host's network namespace"],
    [{ network: '-x' }, 'is no name of a network'],
    [{ network: ['none', 'front'] }, 'goes with no other network'],
    [{ network: ['front', 'front'] }, 'is given twice'],
    [{ network: 'name=front,colour=red' }, '"colour" is no part of it'],
    [{ ip: '10.0.0.2' }, 'needs a network'],
    [{ network: 'front', ip: 'fd00::2' }, 'is not an IPv4 address'],
    [{ network: 'front', macAddress: '01:00:00:00:00:00' }, 'is not the address of one Ethernet interface'],
    [{ network: 'front', publish: ['80:81-82'] }, 'different lengths'],
    [{ network: 'front', publish: ['0:80'] }, 'is no port'],
    [{ network: 'front', publish: ['80/icmp'] }, 'is no protocol'],
    [{ network: 'front', publish: ['1.2.3:80:80'] }, 'is no address'],
    [{ network: 'front', publish: ['70000'] }, 'is no port'],
    [{ timeOffset: 'yesterday' }, 'is not an offset in seconds'],
    [{ without: ['pidd'] }, 'did you mean "pid"?'],
    [{ pull: 'sometimes' }, 'it can be missing, never or always'],
    [{ limits: 'maybe' }, 'it can be required or best-effort'],
    [{ name: 'a' }, 'two or more'],
    [{ name: '-x' }, 'to begin with a letter or digit'],
    [{ name: '../x' }, 'invalid value'],
    [{ hostname: 'x'.repeat(65) }, 'longer than the 64 characters'],
    [{ hostname: 'a b' }, 'letters, digits'],
    [{ workdir: 'src' }, 'is not absolute'],
    [{ shmSize: 'big' }, 'a size is a positive number'],
    [{ command: ['a\0b'] }, 'NUL byte'],
    [{ volumes: ['/a:/x'], tmpfs: ['/x/'] }, 'two mounts have the same target "/x"'],
  ])('%j', (options, expected) => {
    expect(refusal(options)).toContain(expected);
  });
});
