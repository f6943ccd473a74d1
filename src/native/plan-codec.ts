/**
 * A plan as the bytes that native/plan decodes.
 *
 * Little endian, no padding. A string is a u32 length and its UTF-8 bytes with a final NUL counted in; a list is a u32
 * count and its items; a step is a u16 kind, its place in `stepOrder`, and its fields in the order of `Fields` in
 * native/plan/plan.h. test/contract sends every kind across and back.
 */

import { ipBytes, parseIp } from '../plan/ip-address.ts';
import type {
  AttributeChange,
  AttributeFlag,
  IdMap,
  MountAttributes,
  MountIdMap,
  MountUsers,
  NamespaceKind,
  Plan,
  Step,
} from '../plan/plan.ts';
import { ByteWriter } from './byte-writer.ts';

/** How the monitor runs the plan. Mirrors `Header` in native/plan/plan.h. */
export interface LaunchHeader {
  /** A message for each finished step, for `--explain`. */
  readonly reportProgress: boolean;
  readonly lifetime: Lifetime;
  readonly streams: Streams;
  /** Control group whose cgroup.kill ends the container; '' when it has none of its own. */
  readonly killCgroup: string;
  /** null: nothing of the container is kept after its end. */
  readonly record: MonitorRecord | null;
  /** null: it is no container of `run`, and nobody is told. */
  readonly events: MonitorEventTarget | null;
  /** null: nobody looks how the container is. */
  readonly health: MonitorHealth | null;
}

/** Mirrors `Health` in native/plan/plan.h. Times are milliseconds. */
export interface MonitorHealth {
  readonly interval: number;
  readonly timeout: number;
  readonly retries: number;
  readonly startPeriod: number;
  readonly startInterval: number;
  readonly onFailure: 'none' | 'kill' | 'restart';
  readonly stopSignal: number;
  readonly stopTimeout: number;
}

/** Where the monitor writes events, and of what they tell. Mirrors `EventTarget` in native/plan/plan.h. */
export interface MonitorEventTarget {
  /** Absolute. */
  readonly file: string;
  readonly id: string;
  /** Members of a JSON object, without its braces; not empty. */
  readonly attributes: string;
  /** A volume at each place where one is mounted; `attributes` are those of its event `mount`. */
  readonly volumes: readonly { readonly name: string; readonly attributes: string }[];
}

/** What passes between the launcher's standard streams and the container's. */
export interface Streams {
  /** The monitor relays between the console and its own standard input and output. */
  readonly relayTerminal: boolean;
  /**
   * Where standard input comes from: the launcher's descriptor or, for a kept container, whoever attaches. `once`: it ends
   * when the first of them has no more; of a terminal that makes no difference.
   */
  readonly input: 'launcher' | 'attached' | 'once';
  /** With these keys the person at the launcher's terminal lets go of a container with a record, or of an exec; '': none. */
  readonly detachKeys: string;
}

/** Descriptors that are handed over as they are. */
export const givenStreams: Streams = { relayTerminal: false, input: 'launcher', detachKeys: '' };

/** What the monitor of a kept container writes. Mirrors `Record` in native/plan/plan.h. */
export interface MonitorRecord {
  /** Absolute; the monitor writes `running`, `exit` and `log` there. */
  readonly directory: string;
  /** null: no log; what is not a terminal's is then the launcher's own descriptors, and nobody can attach. */
  readonly log:
    | {
        readonly keeps: 'files';
        /** Bytes after which it is rotated; not 0. */
        readonly size: number;
        /** How many there are at most, the one that is written among them. */
        readonly files: number;
      }
    /** What is printed passes the monitor all the same, for who attaches. */
    | { readonly keeps: 'nothing' }
    | null;
  /** A monitor without a launcher ends by executing it, with every lock free; empty: it just ends. */
  readonly epilogue: readonly string[];
  readonly epilogueEnv: readonly string[];
  /** `restart`: only where the file `restart` asks for it, and after a while: native/monitor/restart.cc. */
  readonly epilogueWhen: 'ended' | 'restart';
}

/**
 * How long the monitor lives.
 *
 * - `launcher`: as long as the container, and the container no longer than the launcher's connection;
 * - `handover`: until PID 1 is its new parent's, the caller's subreaper. With a step `wait-start`: until `handed-over`;
 *   without (exec in the background): until `started`. Before that a closed connection ends the container too; after
 *   it nothing of ours is left;
 * - `own`: as long as the container. Before `started` a closed connection ends it; after it the launcher may go.
 */
export type Lifetime = 'launcher' | 'handover' | 'own';

const magic = 0x4e505354;
const version = 1;

/** The wire order; the same as the variant in native/plan/plan.h. */
export const stepOrder: readonly Step['kind'][] = [
  'cgroup-create',
  'cgroup-enable',
  'cgroup-enter',
  'cgroup-write',
  'cgroup-devices',
  'open-tree',
  'clone',
  'id-map',
  'rlimit',
  'oom-score-adj',
  'open-path',
  'become-root',
  'time-namespace',
  'root-propagation',
  'proc-handle',
  'overlay',
  'rootfs-bind',
  'mount',
  'bind',
  'device',
  'symlink',
  'directory',
  'loopback',
  'lookup',
  'pivot-root',
  'root-readonly',
  'hostname',
  'domainname',
  'sysctl',
  'mask-path',
  'readonly-path',
  'session',
  'console',
  'bounding-set',
  'seccomp',
  'user',
  'capabilities',
  'working-directory',
  'no-new-privileges',
  'close-files',
  'exec',
  'chroot',
  'cgroup-scope',
  'take-file',
  'runtime-hooks',
  'find-command',
  'wait-start',
  'join',
  'preserve-files',
  'container-hooks',
  'scheduler',
  'io-priority',
  'cpu-affinity',
  'personality',
  'memory-policy',
  'exec-label',
  'raise-rlimit',
  'remount',
  'net-device',
  'cgroup-attach',
  'veth',
  'pasta',
  'forward',
  'anchor',
  'macvlan',
];
const kindNumber = new Map(stepOrder.map((kind, index) => [kind, index]));

const namespaceBits: Readonly<Record<NamespaceKind, number>> = {
  mount: 1 << 0,
  pid: 1 << 1,
  network: 1 << 2,
  uts: 1 << 3,
  ipc: 1 << 4,
  cgroup: 1 << 5,
  user: 1 << 6,
  time: 1 << 7,
};
const inputSource = { launcher: 0, attached: 1, once: 2 } as const;
const lifetime = { launcher: 0, handover: 1, own: 2 } as const;
const demand = { required: 0, 'best-effort': 1 } as const;
const reach = { this: 0, tree: 1 } as const;
const macvlanMode = { private: 0, vepa: 1, bridge: 2, passthru: 3 } as const;
const inherited = { nothing: 0, mode: 1, content: 2 } as const;
const atime = { relatime: 0, noatime: 1, strictatime: 2 } as const;
const propagation = { private: 0, slave: 1, shared: 2, unbindable: 3 } as const;
const idMapWriter = { direct: 0, newidmap: 1, single: 2 } as const;
const procInstance = { new: 0, host: 1 } as const;
const deviceType = { char: 0, block: 1, fifo: 2 } as const;
const deviceHow = { mknod: 0, bind: 1 } as const;

/** MOUNT_ATTR_ of linux/mount.h; the access time is a field of several bits, to be cleared before it is set. */
const attributeBits: Readonly<Record<AttributeFlag, number>> = {
  readonly: 0x1,
  nosuid: 0x2,
  nodev: 0x4,
  noexec: 0x8,
  nodiratime: 0x80,
  nosymfollow: 0x20_0000,
};
const atimeMask = 0x70;
const atimeBits = { relatime: 0, noatime: 0x10, strictatime: 0x20 } as const;

/**
 * Encodes a plan and how to run it.
 * @throws RangeError when a string has a NUL inside: the kernel could not take it either.
 */
export function encodePlan(plan: Plan, header: LaunchHeader): Uint8Array {
  const w = new ByteWriter();
  w.u32(magic).u32(version);
  const { relayTerminal, input, detachKeys } = header.streams;
  w.flag(header.reportProgress).u8(lifetime[header.lifetime]).flag(relayTerminal).string(header.killCgroup);
  w.u8(inputSource[input]).string(detachKeys);
  writeRecord(w, header.record);
  const { file, id, attributes, volumes } = header.events ?? { file: '', id: '', attributes: '', volumes: [] };
  w.string(file).string(id).string(attributes);
  w.list(volumes, (volume) => w.string(volume.name).string(volume.attributes));
  const health = header.health ?? noHealth;
  w.u32(health.interval).u32(health.timeout).u32(health.retries).u32(health.startPeriod).u32(health.startInterval);
  w.u8(onFailure[health.onFailure]).u32(health.stopSignal).u32(health.stopTimeout);
  w.u32(plan.steps.length);
  for (const step of plan.steps) {
    w.u16(kindNumber.get(step.kind) ?? 0xffff);
    writeFields(w, step);
  }
  return w.bytes();
}

function writeRecord(w: ByteWriter, record: MonitorRecord | null): void {
  const { directory, log, epilogue, epilogueEnv, epilogueWhen } = record ?? notKept;
  const { size, files } = log === null ? noLog : log.keeps === 'nothing' ? { size: 0, files: 1 } : log;
  w.string(directory).u64(BigInt(size)).u32(files).u32(epilogue.length);
  for (const word of epilogue) w.string(word);
  w.u32(epilogueEnv.length);
  for (const word of epilogueEnv) w.string(word);
  w.flag(epilogueWhen === 'restart');
}

const noLog = { size: 0, files: 0 };
const onFailure = { none: 0, kill: 1, restart: 2 } as const;
const noHealth: MonitorHealth = {
  interval: 0,
  timeout: 0,
  retries: 0,
  startPeriod: 0,
  startInterval: 0,
  onFailure: 'none',
  stopSignal: 0,
  stopTimeout: 0,
};

const notKept: MonitorRecord = { directory: '', log: null, epilogue: [], epilogueEnv: [], epilogueWhen: 'ended' };

const bitsOf = (kinds: readonly NamespaceKind[]): number => kinds.reduce((bits, kind) => bits | namespaceBits[kind], 0);

function writeAttributes(w: ByteWriter, a: MountAttributes): void {
  w.flag(a.readonly).flag(a.nosuid).flag(a.nodev).flag(a.noexec).flag(a.nodiratime).flag(a.nosymfollow);
  w.u8(atime[a.atime]);
}

const bitsOfFlags = (flags: readonly AttributeFlag[]): number =>
  flags.reduce((bits, flag) => bits | attributeBits[flag], 0);

function writeChanges(w: ByteWriter, changes: readonly AttributeChange[]): void {
  w.list(changes, (change) => {
    const set = bitsOfFlags(change.set) | (change.atime === null ? 0 : atimeBits[change.atime]);
    const clear = bitsOfFlags(change.clear) | (change.atime === null ? 0 : atimeMask);
    w.u8(reach[change.reach]).u64(BigInt(set)).u64(BigInt(clear));
  });
}

function addressBytes(text: string): Uint8Array {
  const address = parseIp(text);
  if (address === null) throw new Error(`no address: ${text}`);
  return ipBytes(address);
}

function writeIdMap(w: ByteWriter, maps: readonly IdMap[]): void {
  w.list(maps, (map) => w.u32(map.container).u32(map.host).u32(map.size));
}

function writeMountIdMap(w: ByteWriter, map: MountIdMap | null): void {
  const users: MountUsers = map?.users ?? { type: 'map', uids: [], gids: [] };
  w.flag(map !== null).u8(reach[map?.reach ?? 'this']);
  writeIdMap(w, users.type === 'map' ? users.uids : []);
  writeIdMap(w, users.type === 'map' ? users.gids : []);
  w.string(users.type === 'namespace' ? users.path : '');
}

/** What an interface that is made inside gets there. */
function writeInside(
  w: ByteWriter,
  { mtu, addresses, gateways }: Extract<Step, { readonly kind: 'veth' | 'macvlan' }>,
): void {
  w.u32(mtu).u32(addresses.length);
  for (const { address, prefix } of addresses) w.blob(addressBytes(address)).u8(prefix);
  w.u32(gateways.length);
  for (const gateway of gateways) w.blob(addressBytes(gateway));
}

function writeFields(w: ByteWriter, step: Step): void {
  switch (step.kind) {
    case 'cgroup-create':
    case 'cgroup-enter':
      w.string(step.path).u8(demand[step.demand]);
      return;
    case 'cgroup-enable':
      w.string(step.path).strings(step.controllers).u8(demand[step.demand]);
      return;
    case 'cgroup-scope':
    case 'cgroup-attach':
      // The launcher speaks to systemd; the monitor only waits.
      w.string(step.path);
      return;
    case 'cgroup-write':
      w.string(step.path).string(step.file).string(step.value).string(step.expect);
      w.string(step.instead).u8(demand[step.demand]);
      return;
    case 'cgroup-devices':
      w.string(step.path).blob(step.program).u8(demand[step.demand]);
      return;
    case 'open-tree':
      w.u32(step.slot).string(step.source).string(step.subpath).u8(reach[step.reach]).string(step.namespace);
      writeMountIdMap(w, step.idMap);
      return;
    case 'clone':
      w.u32(bitsOf(step.namespaces)).string(step.cgroup ?? '');
      return;
    case 'id-map':
      writeIdMap(w, step.uids);
      writeIdMap(w, step.gids);
      w.u8(idMapWriter[step.writer]);
      return;
    case 'net-device':
      w.string(step.device).string(step.name);
      return;
    case 'veth':
      w.string(step.hostName)
        .string(step.bridge)
        .string(step.name)
        .blob(Buffer.from(step.mac.replaceAll(':', ''), 'hex'));
      writeInside(w, step);
      return;
    case 'macvlan':
      w.string(step.parent).string(step.name).u8(macvlanMode[step.mode]);
      w.blob(Buffer.from(step.mac.replaceAll(':', ''), 'hex'));
      writeInside(w, step);
      return;
    case 'pasta':
      w.string(step.program).strings(step.argv).u8(demand[step.demand]);
      return;
    case 'forward':
      w.u32(step.ports.length);
      for (const { protocol, hostPort, address, containerPort, claim } of step.ports)
        w.u8(protocol === 'tcp' ? 0 : 1).u16(hostPort).string(address).u16(containerPort).string(claim);
      return;
    case 'anchor':
      w.string(step.users).string(step.network);
      return;
    case 'rlimit':
    case 'raise-rlimit':
      w.u32(step.resource).u64(step.soft).u64(step.hard).u8(demand[step.demand]);
      return;
    case 'oom-score-adj':
      w.i32(step.value).u8(demand[step.demand]);
      return;
    case 'open-path':
      w.u32(step.slot).string(step.path);
      return;
    case 'become-root':
      w.flag(step.dropGroups);
      return;
    case 'time-namespace':
      w.i64(step.monotonicSeconds).u32(step.monotonicNanoseconds);
      w.i64(step.boottimeSeconds).u32(step.boottimeNanoseconds);
      return;
    case 'root-propagation':
      w.flag(step.root === 'container')
        .u8(propagation[step.propagation])
        .u8(reach[step.reach]);
      return;
    case 'proc-handle':
      w.u8(procInstance[step.instance]);
      return;
    case 'overlay':
      w.list(step.lower, (slot) => w.u32(slot));
      w.u32(step.upper)
        .u32(step.work)
        .u32(step.at)
        .string(step.target)
        .flag(step.nodev)
        .flag(step.userxattr)
        .flag(step.volatile);
      return;
    case 'rootfs-bind':
      w.u32(step.source).u32(step.at).string(step.target).flag(step.nodev);
      return;
    case 'mount':
      w.string(step.filesystem).string(step.source).string(step.target);
      writeAttributes(w, step.attributes);
      w.strings(step.parameters).u8(inherited[step.inherits]).string(step.label);
      w.flag(step.propagation !== null)
        .u8(propagation[step.propagation ?? 'private'])
        .u8(demand[step.demand]);
      return;
    case 'remount':
      w.string(step.target);
      writeChanges(w, step.changes);
      w.strings(step.parameters);
      w.flag(step.propagation !== null)
        .u8(propagation[step.propagation ?? 'private'])
        .u8(reach[step.propagationReach])
        .u8(demand[step.demand]);
      return;
    case 'bind':
      w.flag(step.source.from === 'slot');
      w.u32(step.source.from === 'slot' ? step.source.slot : 0);
      w.string(step.source.from === 'path' ? step.source.path : '')
        .string(step.source.from === 'path' ? step.source.subpath : '')
        .string(step.target)
        .u8(reach[step.reach]);
      writeChanges(w, step.changes);
      w.u8(propagation[step.propagation]).u8(reach[step.propagationReach]).u8(demand[step.demand]);
      return;
    case 'device':
      w.string(step.path).u8(deviceType[step.type]).u32(step.major).u32(step.minor).u32(step.mode);
      w.u32(step.uid).u32(step.gid).u8(deviceHow[step.how]).string(step.source);
      return;
    case 'symlink':
      w.string(step.target).string(step.path);
      return;
    case 'directory':
      w.string(step.path).u32(step.mode).u32(step.uid).u32(step.gid);
      return;
    case 'lookup':
      w.string(step.user).strings(step.groupAdd);
      return;
    case 'hostname':
      w.string(step.hostname);
      return;
    case 'domainname':
      w.string(step.domainname);
      return;
    case 'sysctl':
      w.string(step.name).string(step.path).string(step.value);
      return;
    case 'mask-path':
    case 'readonly-path':
    case 'working-directory':
      w.string(step.path);
      return;
    case 'console':
      w.u32(step.rows).u32(step.columns).u32(step.owner);
      w.flag(step.to.to === 'socket').u32(step.to.to === 'socket' ? step.to.slot : 0);
      w.flag(step.devConsole);
      return;
    case 'join':
      w.u32(bitsOf(step.namespaces)).flag(step.from.type === 'process');
      w.u32(step.from.type === 'process' ? step.from.file : 0).string(step.from.type === 'path' ? step.from.path : '');
      return;
    case 'container-hooks':
      w.flag(step.name === 'startContainer');
      w.list(step.hooks, (hook) => w.string(hook.path).strings(hook.argv).strings(hook.env).u32(hook.milliseconds));
      w.string(step.state.head).string(step.state.tail);
      return;
    case 'scheduler':
      w.u32(step.policy).i32(step.nice).u32(step.priority).u64(step.flags);
      w.u64(step.runtime).u64(step.deadline).u64(step.period);
      return;
    case 'io-priority':
      w.u32(step.priority);
      return;
    case 'cpu-affinity':
      w.blob(step.mask);
      return;
    case 'personality':
      w.u32(step.persona);
      return;
    case 'memory-policy':
      w.u32(step.mode).blob(step.nodes);
      return;
    case 'exec-label':
      w.flag(step.module === 'apparmor').string(step.label);
      return;
    case 'session':
      w.flag(step.keyring === 'new');
      return;
    case 'take-file':
      w.u32(step.slot).u32(step.file);
      return;
    case 'preserve-files':
      w.u32(step.slots.length);
      for (const slot of step.slots) w.u32(slot);
      return;
    case 'find-command':
      w.string(step.directory).strings(step.candidates);
      return;
    case 'wait-start':
      w.u32(step.slot);
      return;
    case 'bounding-set':
      w.u64(step.keep);
      return;
    case 'seccomp':
      w.blob(step.program).u32(step.flags);
      w.strings(step.listener?.message ?? []).u32(step.listener?.slot ?? 0);
      return;
    case 'user': {
      const id = step.identity;
      w.flag(id.type === 'looked-up');
      w.u32(id.type === 'ids' ? id.uid : 0).u32(id.type === 'ids' ? id.gid : 0);
      w.list(id.type === 'ids' ? id.groups : [], (group) => w.u32(group));
      w.flag(id.setGroups).u32(step.umask);
      return;
    }
    case 'capabilities':
      w.u64(step.effective).u64(step.permitted).u64(step.inheritable).u64(step.ambient);
      return;
    case 'close-files':
      w.u32(step.from);
      return;
    case 'exec':
      w.strings(step.argv).strings(step.env).strings(step.candidates);
      w.flag(step.home === 'looked-up').flag(step.pid1 === 'reaper');
      return;
    case 'chroot':
      w.flag(step.oldRoot === 'read-only');
      return;
    case 'loopback':
    case 'runtime-hooks':
    case 'pivot-root':
    case 'root-readonly':
    case 'no-new-privileges':
      return;
  }
}
