/** What the plan needs to know about the host. Probed by host/ and cgroup/, passed in as data: the plan reads nothing itself. */
import type { IdMap } from './plan.ts';

/** Who launches, and which ids the launcher may map. */
export type Privilege =
  /** Effective uid 0 with CAP_SYS_ADMIN in the user namespace tsrun runs in. */
  | { readonly type: 'root' }
  /** An ordinary user; ranges from /etc/subuid and /etc/subgid, usable when newuidmap is installed. */
  | {
      readonly type: 'rootless';
      readonly uid: number;
      readonly gid: number;
      readonly user: string;
      readonly subuids: readonly IdRange[];
      readonly subgids: readonly IdRange[];
      /** false: newuidmap or newgidmap is missing, so only a single id can be mapped. */
      readonly canMapRanges: boolean;
    };

export interface IdRange {
  readonly start: number;
  readonly size: number;
}

/** The user namespace of the container. */
export type UserNamespace =
  /** The container shares the launcher's. */
  | { readonly type: 'host' }
  | {
      readonly type: 'new';
      readonly uids: readonly IdMap[];
      readonly gids: readonly IdMap[];
      readonly writer: 'direct' | 'newidmap' | 'single';
    };

/** The service manager that owns the part of the hierarchy in which a scope of ours would lie. */
export interface SystemdHost {
  readonly bus: 'system' | 'user';
  /** Absolute directory of its root slice, for example /sys/fs/cgroup. */
  readonly directory: string;
  /** What a scope of its can have. */
  readonly controllers: readonly string[];
}

/** A user namespace that exists already, which the container joins by path. Its ids are mapped. */
export interface JoinedUserNamespace {
  readonly type: 'joined';
  /** Whether setgroups(2) is allowed in it: with a single mapped id it is denied for good (user_namespaces(7)). */
  readonly setGroups: boolean;
}

/** What can be done with cgroup v2 here. */
export type CgroupHost =
  | {
      readonly type: 'available';
      /** Where the hierarchy is mounted. */
      readonly mount: string;
      /** Absolute directory below which tsrun makes its control groups, for example /sys/fs/cgroup/tsrun. */
      readonly base: string;
      /** Existing ancestor of `base` whose subtree_control has to be written first, outermost first, ending above the container's. */
      readonly delegation: readonly string[];
      /** Controllers that can be had for a container: cgroup.controllers of the outermost delegation directory. */
      readonly controllers: readonly string[];
      /** Leaf the monitor must move to first (rootless under systemd), or null. */
      readonly monitorLeaf: string | null;
      /** Where a controller that is missing from v2 is instead, for the error: `{ memory: "v1 at /sys/fs/cgroup/memory" }`. */
      readonly elsewhere: Readonly<Record<string, string>>;
      readonly cpuset: CpusetHost;
      /** null: no systemd, or none that we could speak to. */
      readonly systemd: SystemdHost | null;
    }
  | {
      readonly type: 'unavailable';
      /** A whole sentence. */
      readonly reason: string;
      readonly hint: string;
      readonly elsewhere: Readonly<Record<string, string>>;
      readonly cpuset: CpusetHost;
      /** No group can be made by hand, but systemd may make one. */
      readonly systemd: SystemdHost | null;
    };

/** What cpuset.cpus and cpuset.mems may name, as the kernel lists them; '': not known. */
export interface CpusetHost {
  readonly cpus: string;
  readonly mems: string;
}

export interface HostFacts {
  readonly privilege: Privilege;
  readonly cgroup: CgroupHost;
  /** For example "6.1.0". */
  readonly kernel: string;
  /** The highest capability number the kernel knows (/proc/sys/kernel/cap_last_cap). */
  readonly lastCapability: number;
  /** Whether the launcher has CAP_SYS_RESOURCE: raising hard rlimits needs it. */
  readonly canRaiseLimits: boolean;
  /** false: the launcher is in a container or under rootless podman; the kernel makes no device nodes there, whoever asks. */
  readonly initialUserNamespace: boolean;
  /** Whether setgroups(2) is allowed where the launcher is: below a namespace of a single id it is denied (user_namespaces(7)). */
  readonly allowsSetGroups: boolean;
  /** /proc/kcore, which a kernel may be built without. */
  readonly hasKcore: boolean;
}
