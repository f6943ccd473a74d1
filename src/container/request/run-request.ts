/**
 * What `run` was asked to do, parsed: no optional fields, no strings left to interpret.
 *
 * Made only by `parseRunOptions` from the public {@link RunOptions} (which the command line fills too).
 */
import type { UserNamespaceChoice } from '../../host/id-maps.ts';
import type { EndpointRequest } from '../../network/endpoint.ts';
import type { PublishRequest } from '../../network/publish-request.ts';
import type { AnchorPlace } from '../../plan/parent.ts';
import type { MountAttributes, NamespaceKind, Propagation } from '../../plan/plan.ts';
import type { ExposedPort } from './exposed-ports.ts';
import type { HealthRequest } from './health.ts';
import type { LogRequest } from './log.ts';
import type { RestartPolicy } from './restart.ts';

/** A container id: 64 lower-case hex digits. Made by `newContainerId` or `parseContainerId`. */
export type ContainerId = string & { readonly __brand: 'ContainerId' };
/** A container's name: [a-zA-Z0-9][a-zA-Z0-9_.-]+ as in docker. */
export type ContainerName = string & { readonly __brand: 'ContainerName' };
/** Bytes. */
export type ByteSize = number & { readonly __brand: 'ByteSize' };

/** Something left out of a container, to show what it buys (`--without`). */
export type Primitive =
  | NamespaceKind
  | 'overlay'
  | 'seccomp'
  | 'caps'
  | 'pivot-root'
  | 'masks'
  | 'no-new-privileges'
  | 'cgroup-limits';

/** A volume's name: [a-zA-Z0-9][a-zA-Z0-9_.-]+ as in docker; of an anonymous one 64 hex digits. */
export type VolumeName = string & { readonly __brand: 'VolumeName' };

/** A volume as it was asked for. */
export interface VolumeRequest {
  readonly type: 'volume';
  /** null: an anonymous one, made for this container. */
  readonly name: VolumeName | null;
  readonly target: string;
  readonly access: 'rw' | 'ro';
  /** The part of it that is mounted, relative; '': all of it. */
  readonly subpath: string;
  /** Whether an empty volume gets what the image has at the target. */
  readonly copyUp: boolean;
  /** Of a volume that this makes. */
  readonly labels: Readonly<Record<string, string>>;
  readonly driverOptions: Readonly<Record<string, string>>;
}

/** What every request for a volume has become when a container is made (volumes/choose-volumes.ts). */
export interface VolumeMount {
  readonly type: 'chosen-volume';
  readonly name: VolumeName;
  /** An anonymous one goes with its last container when that is removed with its volumes. */
  readonly kind: 'named' | 'anonymous';
  /** Absolute host path of its files. */
  readonly source: string;
  /** As in {@link VolumeRequest}. Containers write there: only a descriptor of the source leads to it safely. */
  readonly subpath: string;
  readonly target: string;
  readonly access: 'rw' | 'ro';
  /** Whose ids its files have on the disk: those inside of the container, or the host's. */
  readonly ids: 'container' | 'host';
}

/** `--volumes-from`. */
export interface VolumesFrom {
  /** Name or id. */
  readonly container: string;
  readonly access: 'rw' | 'ro';
}

/** A volume or bind, `-v` and `--mount`. */
export type MountRequest =
  | VolumeRequest
  | VolumeMount
  | {
      readonly type: 'bind';
      /** Absolute host path. */
      readonly source: string;
      readonly target: string;
      /** `ro` is this mount alone, `rro` the mounts below too. */
      readonly access: 'rw' | 'ro' | 'rro';
      readonly propagation: Propagation;
      readonly recursive: boolean;
      /** docker: `-v` makes a missing source directory, `--mount` refuses. */
      readonly missingSource: 'create' | 'refuse';
    }
  | {
      readonly type: 'tmpfs';
      readonly target: string;
      readonly attributes: MountAttributes;
      /** Filesystem parameters such as `size=64m`, `mode=1777`. */
      readonly parameters: readonly string[];
      readonly copyUp: boolean;
    };

export interface DeviceRequest {
  readonly source: string;
  readonly target: string;
  /** Of `r`, `w`, `m`. */
  readonly access: string;
}

/** Per-device io limit: bytes or operations per second. */
export interface DeviceRate {
  readonly path: string;
  readonly rate: number;
}

/** Limits as asked for; null: not asked for. Units as named. */
export interface LimitsRequest {
  readonly memory: ByteSize | null;
  readonly memoryReservation: ByteSize | null;
  /** Memory plus swap, docker's meaning; -1: unlimited swap. */
  readonly memorySwap: number | null;
  /** CPUs, for example 1.5. */
  readonly cpus: number | null;
  readonly cpuShares: number | null;
  /** Microseconds. */
  readonly cpuQuota: number | null;
  readonly cpuPeriod: number | null;
  readonly cpusetCpus: string | null;
  readonly cpusetMems: string | null;
  /** -1 or 0: unlimited. */
  readonly pids: number | null;
  readonly blkioWeight: number | null;
  readonly deviceReadBps: readonly DeviceRate[];
  readonly deviceWriteBps: readonly DeviceRate[];
  readonly deviceReadIops: readonly DeviceRate[];
  readonly deviceWriteIops: readonly DeviceRate[];
  /** `--cgroup-conf KEY=VALUE`: cgroup v2 files by name. */
  readonly unified: Readonly<Record<string, string>>;
  /** `--limits`. */
  readonly demand: 'required' | 'best-effort';
}

export interface UlimitRequest {
  /** Name without RLIMIT_, lower case: nofile, nproc, core, ... */
  readonly name: string;
  /** -1: unlimited. */
  readonly soft: bigint;
  readonly hard: bigint;
}

export type SeccompRequest =
  | { readonly type: 'default' }
  | { readonly type: 'unconfined' }
  /** The text of a docker-format profile. */
  | { readonly type: 'profile'; readonly path: string; readonly json: string };

export interface HostEntry {
  readonly host: string;
  readonly address: string;
}

/** The networks that a container is on, the first of which has its default route and its published ports. */
export interface NetworksRequest {
  readonly type: 'networks';
  readonly endpoints: readonly EndpointRequest[];
  /** `best-effort`: nobody asked for them, and on a machine that has no bridges the container goes without. */
  readonly demand: 'required' | 'best-effort';
}

/** Whether its network namespace is made for it; else it is the host's, or somebody else's. */
export const hasOwnNetwork = (network: NetworkRequest): boolean =>
  network !== 'host' &&
  (network === 'none' || network.type === 'networks' || network.type === 'pasta' || network.type === 'cni');

/** A network of the host's CNI plugins. */
export interface CniRequest {
  readonly type: 'cni';
  /** Of its configuration. */
  readonly name: string;
  readonly ip: string | null;
  readonly ip6: string | null;
  readonly mac: string | null;
  readonly aliases: readonly string[];
  /** File of the network namespace in which the container is started; null: at each start it is chosen anew. */
  readonly space: string | null;
}

/** An ordinary user's way out: pasta(1). */
export interface PastaRequest {
  readonly type: 'pasta';
  readonly demand: 'required' | 'best-effort';
}

/** A namespace of somebody else. */
export type JoinRequest =
  /** By name or id; at each start it is looked up anew. */
  { readonly type: 'container'; readonly container: string } | JoinedPath;

/** A namespace as a file. */
export interface JoinedPath {
  readonly type: 'path';
  readonly path: string;
  /** The container that has it; null: not one of ours. */
  readonly of: string | null;
  /** The user namespace that it belongs to, below which that of the container is made; null: that is the launcher's. */
  readonly below: AnchorPlace | null;
}

/** The message queues, semaphores and shared memory of another container, which has to be `shareable`, as docker asks. */
export type IpcJoin =
  /** By name or id; at each start it is looked up anew. */
  | { readonly type: 'container'; readonly container: string }
  /** Its PID 1 as the host sees it. */
  | { readonly type: 'process'; readonly pid: number };

export type NetworkRequest = 'none' | 'host' | NetworksRequest | PastaRequest | CniRequest | JoinRequest;

export interface RunRequest {
  /** null: a generated name. */
  readonly name: ContainerName | null;
  readonly hostname: string | null;
  readonly domainname: string | null;
  /** Replaces the image's Cmd when not empty. */
  readonly command: readonly string[];
  /** null: the image's; empty array: none (`--entrypoint ""`). */
  readonly entrypoint: readonly string[] | null;
  /** In order; `NAME=value`. Later wins. Env files are already read. */
  readonly env: readonly string[];
  readonly workingDirectory: string | null;
  readonly user: string | null;
  readonly groupAdd: readonly string[];
  readonly stdin: 'inherit' | 'null';
  readonly terminal: boolean;
  readonly detach: boolean;
  readonly remove: boolean;
  readonly restart: RestartPolicy;
  readonly health: HealthRequest;
  readonly log: LogRequest;
  readonly init: boolean;
  readonly mounts: readonly MountRequest[];
  readonly volumesFrom: readonly VolumesFrom[];
  readonly readonlyRoot: boolean;
  readonly shmSize: ByteSize;
  readonly devices: readonly DeviceRequest[];
  readonly deviceCgroupRules: readonly string[];
  readonly privileged: boolean;
  /** Upper-case with CAP_, or ALL. */
  readonly capAdd: readonly string[];
  readonly capDrop: readonly string[];
  readonly noNewPrivileges: boolean;
  readonly seccomp: SeccompRequest;
  readonly ulimits: readonly UlimitRequest[];
  readonly sysctls: Readonly<Record<string, string>>;
  readonly limits: LimitsRequest;
  /** Relative to the cgroup2 mount's delegated base, or null. */
  readonly cgroupParent: string | null;
  readonly pid: 'private' | 'host' | JoinRequest;
  readonly ipc: 'private' | 'shareable' | 'host' | 'none' | IpcJoin;
  readonly uts: 'private' | 'host';
  readonly userns: UserNamespaceChoice;
  readonly cgroupns: 'private' | 'host';
  readonly time: { readonly monotonic: bigint; readonly boottime: bigint } | null;
  readonly network: NetworkRequest;
  readonly publish: readonly PublishRequest[];
  /** Besides those of the image. */
  readonly expose: readonly ExposedPort[];
  /** Every exposed port too. */
  readonly publishAll: boolean;
  /** Signal number, or null for the image's. */
  readonly stopSignal: number | null;
  /** Seconds; -1: for ever. */
  readonly stopTimeout: number;
  readonly signalProxy: boolean;
  readonly oomScoreAdj: number;
  readonly extraHosts: readonly HostEntry[];
  readonly dns: {
    readonly servers: readonly string[];
    readonly search: readonly string[];
    readonly options: readonly string[];
  };
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** os/arch[/variant], or null for this machine's. */
  readonly platform: string | null;
  readonly pull: 'missing' | 'never' | 'always';
  readonly cidfile: string | null;
  readonly without: readonly Primitive[];
}
