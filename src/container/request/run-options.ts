/** What a user of the library writes, and what the flags of `tsrun run` fill: docker's words in camelCase, all optional. */
import type { DeviceRateOption } from './device-rate.ts';
import type { EnvOption } from './env.ts';
import type { KeyValues } from './key-value.ts';
import type { MountOption } from './mount-options.ts';
import type { UlimitOption } from './ulimit.ts';

/** The command, and who and where it is. */
export interface ProcessOptions {
  /** The command and its arguments; replaces the image's Cmd. Default: the image's. */
  readonly command?: readonly string[];
  /** Replaces the image's Entrypoint; `''` or `[]` removes it. Default: the image's. */
  readonly entrypoint?: string | readonly string[];
  /** `{ NAME: 'value' }` or `['NAME=value', 'NAME']`; a NAME alone (or undefined) passes the caller's own value on. */
  readonly env?: EnvOption;
  /** Files of `NAME=value` lines, read before `env`. */
  readonly envFile?: readonly string[];
  /** Absolute directory inside the container. Default: the image's, else /. */
  readonly workdir?: string;
  /** `USER[:GROUP]`, names or numbers. Default: the image's, else root. */
  readonly user?: string;
  /** More groups, by name or number. */
  readonly groupAdd?: readonly string[];
  /** Keeps standard input open. Default: false. */
  readonly interactive?: boolean;
  /** Gives the command a terminal. Default: false. */
  readonly tty?: boolean;
  /** A small init as PID 1 that reaps and forwards signals. Default: false, the command is PID 1. */
  readonly init?: boolean;
  /** Name or number. Default: the image's, else SIGTERM. */
  readonly stopSignal?: string | number;
  /** Seconds between the stop signal and SIGKILL; -1: for ever. Default: 10. */
  readonly stopTimeout?: string | number;
  /** Whether signals that tsrun receives go on to the command. Default: true. */
  readonly sigProxy?: boolean;
  /** -1000 to 1000: who is killed first when memory runs out. Default: 0. */
  readonly oomScoreAdj?: string | number;
  /** `{ nofile: 1024 }` or `['nofile=1024:4096']`. */
  readonly ulimits?: UlimitOption;
}

/** What it is called and how it is kept. */
export interface IdentityOptions {
  /** Default: generated, for example `brisk_otter`. */
  readonly name?: string;
  /** Default: the first 12 digits of the container's id. */
  readonly hostname?: string;
  /** The NIS domain name. */
  readonly domainname?: string;
  /** `['key=value']` or an object. */
  readonly labels?: KeyValues;
  /** Files of `key=value` lines, read before `labels`. */
  readonly labelFile?: readonly string[];
  /** Handed to the OCI config as they are. */
  readonly annotations?: KeyValues;
  /** Lives on without the caller. */
  readonly detach?: boolean;
  /** Removes the container when it has exited. Default: false. */
  readonly rm?: boolean;
  /** `no`, `on-failure[:N]`, `always` or `unless-stopped`: whether it is started again when it has ended. Default: no. */
  readonly restart?: string;
  /** `local` or `none`: whether what it prints is kept. Default: local. */
  readonly logDriver?: string;
  /** `max-size` (10m) and `max-file` (3): how much of it. */
  readonly logOptions?: KeyValues;
  /** A file that gets the container's id. */
  readonly cidfile?: string;
  /** `linux/amd64` and the like: which image of several. Default: this machine's. */
  readonly platform?: string;
  /** Whether a registry may be asked for the image. Default: missing. */
  readonly pull?: string;
}

/** Whether what runs in it is well: a command is run inside again and again. Durations as `30s` or `1m30s`. */
export interface HealthOptions {
  /** A line for the image's shell; status 0 is healthy. Default: the image's. */
  readonly healthCmd?: string;
  /** Between two checks. Default: 30s. */
  readonly healthInterval?: string;
  /** After which a check has failed. Default: 30s. */
  readonly healthTimeout?: string;
  /** Failures in a row that make it unhealthy. Default: 3. */
  readonly healthRetries?: string | number;
  /** From the start on, while failures do not count. Default: 0s. */
  readonly healthStartPeriod?: string;
  /** Between two checks of the start period. Default: 5s. */
  readonly healthStartInterval?: string;
  /** No check, the image's neither. */
  readonly noHealthcheck?: boolean;
  /** `none`, `kill` or `restart`, when it becomes unhealthy. Default: none. */
  readonly healthOnFailure?: string;
}

/** What of the host and which files it sees. */
export interface FilesystemOptions {
  /**
   * docker's `SOURCE:TARGET[:OPTIONS]`, for example `./src:/src:ro` (a missing source is made as a directory) or `data:/data`, a
   * volume; `TARGET` alone is an anonymous volume.
   */
  readonly volumes?: readonly string[];
  /** docker's `type=bind|volume|tmpfs,source=...,target=...`, or objects. A missing source of a bind is an error. */
  readonly mounts?: readonly MountOption[];
  /** `CONTAINER[:ro]`: the volumes and binds of other containers. */
  readonly volumesFrom?: readonly string[];
  /** `TARGET[:OPTIONS]`, for example `/run:size=64m`. */
  readonly tmpfs?: readonly string[];
  /** The root filesystem is read-only. Default: false. */
  readonly readOnly?: boolean;
  /** Bytes, or a size such as `128m`, of /dev/shm. Default: 64m. */
  readonly shmSize?: string | number;
  /** `SOURCE[:TARGET][:rwm]`. */
  readonly devices?: readonly string[];
  /** Rules such as `c 1:3 rwm`. */
  readonly deviceCgroupRules?: readonly string[];
}

/** What it may do. */
export interface SecurityOptions {
  /** All capabilities, all devices, no seccomp filter, no masked paths. Default: false. */
  readonly privileged?: boolean;
  /** Names with or without CAP_, or ALL. */
  readonly capAdd?: readonly string[];
  /** Taken away of docker's fourteen: names with or without CAP_, or ALL. */
  readonly capDrop?: readonly string[];
  /** `seccomp=FILE|unconfined`, `no-new-privileges=false`, `systempaths=unconfined`. */
  readonly securityOpt?: readonly string[];
  /** Kernel parameters of its namespaces. */
  readonly sysctls?: KeyValues;
}

/** Its namespaces and its network. */
export interface NamespaceOptions {
  /** `private`, `host`, `container:NAME` or `ns:PATH`. */
  readonly pid?: string;
  /** `private`, `shareable` (with others), `host`, `none` (no /dev/shm) or `container:NAME`, which has to be shareable. */
  readonly ipc?: string;
  /** `private` or `host`. */
  readonly uts?: string;
  /** `default`, `private`, `keep-id[:uid=N,gid=N]` or `host`. Default: private for an ordinary user, host for root. */
  readonly userns?: string;
  /** `private` or `host`. */
  readonly cgroupns?: string;
  /** Seconds: `86400`, or `boottime=86400,monotonic=60`. Makes a time namespace. */
  readonly timeOffset?: string;
  /**
   * `none` (only loopback), `host`, `bridge`, `pasta`, `container:NAME`, `ns:PATH`, or networks by name. Default: TSRUN_NETWORK; without it
   * bridge for root, else pasta.
   */
  readonly network?: string | readonly string[];
  /** Its address on the first network. Default: one that is free. */
  readonly ip?: string;
  /** Its IPv6 address there. */
  readonly ip6?: string;
  /** Of its interface on the first network, for example `02:42:ac:11:00:02`. */
  readonly macAddress?: string;
  /** More names for others on the first network. */
  readonly networkAlias?: readonly string[];
  /** `[[ADDRESS:]PORT:]PORT[/PROTOCOL]`: ports of the host that lead to the container. Default address: the loopback. */
  readonly publish?: readonly string[];
  /** Every port that the image or `expose` names leads there from a free one of the host. */
  readonly publishAll?: boolean;
  /** `PORT[-PORT][/PROTOCOL]`: ports that it listens at, besides the image's. */
  readonly expose?: readonly string[];
  /** `NAME:ADDRESS` for /etc/hosts. */
  readonly addHost?: readonly string[];
  /** Addresses of name servers. Default: the host's. */
  readonly dns?: readonly string[];
  /** Search domains; `.`: none. */
  readonly dnsSearch?: readonly string[];
  /** Options of resolv.conf(5), for example `ndots:2`. */
  readonly dnsOption?: readonly string[];
  /** Parts to leave out, to see what they buy: `pid`, `network`, `seccomp`, ... */
  readonly without?: readonly string[];
}

/** Limits, enforced by control groups (version 2). Sizes are bytes or texts such as `64m`. */
export interface LimitOptions {
  /** Most memory; beyond it the kernel kills. */
  readonly memory?: string | number;
  /** Memory that is reclaimed last. */
  readonly memoryReservation?: string | number;
  /** Memory and swap together; -1 is unlimited swap. Needs `memory`. */
  readonly memorySwap?: string | number;
  /** For example 1.5. */
  readonly cpus?: string | number;
  /** 2 to 262144, relative to others; 1024 is the usual weight. */
  readonly cpuShares?: string | number;
  /** Microseconds of CPU time per period. */
  readonly cpuQuota?: string | number;
  /** Microseconds, 1000 to 1000000. */
  readonly cpuPeriod?: string | number;
  /** CPUs to run on, for example `0-3,5`. */
  readonly cpusetCpus?: string;
  /** Memory nodes, for example `0`. */
  readonly cpusetMems?: string;
  /** Processes and threads; 0 or -1 is unlimited. */
  readonly pidsLimit?: string | number;
  /** 10 to 1000, relative to others; 0 leaves it alone. */
  readonly blkioWeight?: string | number;
  /** `PATH:RATE`, bytes per second, for example `/dev/sda:10m`. */
  readonly deviceReadBps?: readonly DeviceRateOption[];
  /** `PATH:RATE`, bytes per second. */
  readonly deviceWriteBps?: readonly DeviceRateOption[];
  /** `PATH:RATE`, operations per second. */
  readonly deviceReadIops?: readonly DeviceRateOption[];
  /** `PATH:RATE`, operations per second. */
  readonly deviceWriteIops?: readonly DeviceRateOption[];
  /** Control group files by name, for example `{ 'memory.high': '64M' }`. */
  readonly cgroupConf?: KeyValues;
  /** A control group below tsrun's own, for example `course/team-a`. */
  readonly cgroupParent?: string;
  /** `required`: a limit that cannot be enforced is an error. `best-effort`: it is reported. Default: required. */
  readonly limits?: string;
}

/**
 * Options of a container.
 *
 * @example
 * const options: RunOptions = { command: ['sh', '-c', 'id'], env: { A: '1' }, memory: '64m', volumes: ['./src:/src:ro'] };
 */
export type RunOptions = ProcessOptions &
  IdentityOptions &
  HealthOptions &
  FilesystemOptions &
  SecurityOptions &
  NamespaceOptions &
  LimitOptions;
