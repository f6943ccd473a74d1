/** The configs that clients write are accepted, and their plans do what they say. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { placeForOci } from '../cgroup/placement.ts';
import { cgroupSteps } from '../cgroup/steps.ts';
import { capabilityName } from '../oci/capabilities.ts';
import { bundleDeviceRules } from '../oci/defaults.ts';
import type { OciIdMapping } from '../oci/id-mapping.ts';
import { type BundleConfig, parseConfig, parseDocument, parseProcess } from '../oci/parse/config.ts';
import { rlimitSpecName } from '../oci/rlimits.ts';
import { seccompFilter } from '../oci/seccomp/filter.ts';
import { buildPlan } from './build-plan.ts';
import type { CgroupHost, HostFacts, UserNamespace } from './host-facts.ts';
import type { Plan, Step } from './plan.ts';

const directory = fileURLToPath(new URL('../../test/oci/fixtures/clients', import.meta.url));
const files = readdirSync(directory).filter((name) => name.endsWith('.json'));
const read = (name: string): unknown => parseDocument(readFileSync(join(directory, name)), name);

const cgroup: CgroupHost = {
  type: 'available',
  mount: '/sys/fs/cgroup',
  base: '/sys/fs/cgroup/tsrun',
  delegation: ['/sys/fs/cgroup'],
  controllers: ['cpu', 'cpuset', 'memory', 'pids', 'io', 'hugetlb', 'rdma'],
  monitorLeaf: null,
  elsewhere: {},
  cpuset: { cpus: '', mems: '' },
  systemd: {
    bus: 'system',
    directory: '/sys/fs/cgroup',
    controllers: ['cpu', 'cpuset', 'memory', 'pids', 'io', 'hugetlb', 'rdma'],
  },
};
const host: HostFacts = {
  privilege: { type: 'root' },
  initialUserNamespace: true,
  allowsSetGroups: true,
  hasKcore: true,
  cgroup,
  kernel: '6.1.0',
  lastCapability: 40,
  canRaiseLimits: true,
};

function planOf(config: BundleConfig): Plan {
  const { uidMappings, gidMappings, resources = {}, seccomp, cgroupsPath = 'container' } = config.linux ?? {};
  const map = ({ containerID, hostID, size }: OciIdMapping) => ({ container: containerID, host: hostID, size });
  const userns: UserNamespace =
    uidMappings === undefined
      ? { type: 'host' }
      : { type: 'new', uids: uidMappings.map(map), gids: (gidMappings ?? []).map(map), writer: 'direct' };
  return buildPlan({
    config,
    rootfs: { type: 'bind', source: config.root.path, target: config.root.path, readonly: false },
    nodev: false,
    rootChange: 'pivot-root',
    host,
    userns,
    cgroup: cgroupSteps({
      resources: { ...resources, devices: bundleDeviceRules(resources.devices) },
      host: cgroup,
      placement: placeForOci(cgroup, {
        id: 'container',
        name: 'container',
        manager: cgroupsPath.includes(':') ? 'systemd' : 'cgroupfs',
        cgroupsPath,
        annotations: config.annotations ?? {},
      }),
      demand: 'required',
      defaulted: [],
      deviceRules: 'enforce',
      pageSize: 4096,
    }),
    // As many instructions as there are rules: what they do is tested with the compiler.
    seccomp:
      seccomp === undefined
        ? null
        : { program: new Uint8Array(seccompFilter(seccomp).rules.length * 8), flags: 0, listener: null },
    user: { type: 'config' },
    pid1: 'command',
    demand: 'required',
    start: { type: 'on-go', file: 1 },
    console: config.process.terminal === true ? { to: 'socket', file: 2 } : { to: 'launcher' },
    keyring: 'new',
    preserved: [],
    hookState: { creating: '{"pid":-1}', created: '{"pid":-1}' },
  });
}

const names = (mask: bigint): string =>
  Array.from({ length: 41 }, (_, number) => number)
    .filter((number) => (mask >> BigInt(number)) & 1n)
    .map((number) => capabilityName(number).slice(4).toLowerCase())
    .join(' ');

/** What a step does, in one line; null for those that every container has alike. */
function line(step: Step): string | null {
  switch (step.kind) {
    case 'clone':
      return `namespaces ${step.namespaces.join(' ')} in ${step.cgroup}`;
    case 'cgroup-write':
      return `limit ${step.file} ${step.value}`;
    case 'cgroup-devices':
      return `device rules, ${step.program.length / 8} instructions`;
    case 'id-map':
      return `ids ${[...step.uids, ...step.gids].map(({ container, host: id, size }) => `${container}:${id}:${size}`).join(' ')}`;
    case 'rlimit':
      return `${rlimitSpecName(step.resource)} ${step.soft} ${step.hard}`;
    case 'oom-score-adj':
      return `oom score ${step.value}`;
    case 'mount':
      return `${step.filesystem} on ${step.target}${attributes(step.attributes)} ${step.parameters.join(' ')}${step.inherits === 'nothing' ? '' : ` inherits ${step.inherits}`}`;
    case 'bind':
      return `bind ${step.reach} on ${step.target}${step.changes.map(({ reach, set, clear, atime }) => ` ${[reach, ...set, ...clear.map((flag) => `no ${flag}`), ...(atime === null ? [] : [atime])].join(' ')}`).join('')} ${step.propagation} ${step.propagationReach}`;
    case 'hostname':
      return `hostname ${step.hostname}`;
    case 'sysctl':
      return `sysctl ${step.path} ${step.value}`;
    case 'console':
      return `terminal to ${step.to.to}, owner ${step.owner}`;
    case 'user':
      return step.identity.type === 'ids'
        ? `user ${step.identity.uid}:${step.identity.gid} groups ${step.identity.groups.join(' ')} umask ${step.umask.toString(8)}`
        : 'user looked up';
    case 'capabilities':
      return `effective ${names(step.effective)}, inheritable ${names(step.inheritable) || 'none'}, ambient ${names(step.ambient) || 'none'}`;
    case 'seccomp':
      return `seccomp, ${step.program.length / 8} rules`;
    case 'exec':
      return `exec ${JSON.stringify(step.argv)} of ${step.candidates.length}, ${step.env.length} variables`;
    case 'runtime-hooks':
    case 'no-new-privileges':
    case 'root-readonly':
    case 'loopback':
      return step.kind;
    default:
      return null;
  }
}

const attributes = (set: object): string =>
  Object.entries(set)
    .filter(([, value]) => value !== false && value !== 'relatime')
    .map(([key, value]) => ` ${value === true ? key : value}`)
    .join('');

function account(name: string): string {
  const { steps } = planOf(parseConfig(read(name)));
  const count = (kind: Step['kind']) => steps.filter((step) => step.kind === kind).length;
  const lines = steps.flatMap((step) => line(step)?.trimEnd() ?? []);
  const many = `${count('mask-path')} masked, ${count('readonly-path')} read-only, ${count('device')} devices`;
  return [`# ${name}`, ...lines, many, ''].join('\n');
}

const configs = files.filter((name) => name.endsWith('.config.json'));

describe('the plans of clients’ configs', () => {
  it('do what the golden file says', async () => {
    await expect(configs.map(account).join('\n')).toMatchFileSnapshot('./client-plans.golden.txt');
  });
  it.each(configs)('%s: nothing the config asks for is left out', (name) => {
    const config = parseConfig(read(name));
    const { steps } = planOf(config);
    const of = (kind: Step['kind']) => steps.filter((step) => step.kind === kind);
    expect(of('mount').length + of('bind').length).toBe(config.mounts?.length);
    expect(of('rlimit')).toHaveLength(config.process.rlimits?.length ?? 0);
    expect(of('raise-rlimit')).toHaveLength(of('rlimit').length);
    expect(of('sysctl')).toHaveLength(Object.keys(config.linux?.sysctl ?? {}).length);
    expect(of('mask-path')).toHaveLength(config.linux?.maskedPaths?.length ?? 0);
    expect(of('readonly-path')).toHaveLength(config.linux?.readonlyPaths?.length ?? 0);
    expect(of('seccomp')).toHaveLength(config.linux?.seccomp === undefined ? 0 : 1);
    expect(of('runtime-hooks')).toHaveLength(config.hooks?.prestart === undefined ? 0 : 1);
    expect(of('console')).toHaveLength(config.process.terminal === true ? 1 : 0);
    expect(of('wait-start')).toHaveLength(1);
    expect(steps.at(-1)?.kind).toBe('exec');
  });
});

describe('the processes of clients’ exec', () => {
  it.each(files.filter((name) => name.endsWith('.process.json')))('%s is accepted whole', (name) => {
    // Every field that was written is one that is understood, and none changes on the way.
    expect(parseProcess(read(name))).toEqual(read(name));
  });
});
