/**
 * A container as a plan: the typed, ordered list of kernel steps that native code carries out.
 *
 * Three actors carry it out, and the kind of a step says which. In list order:
 *
 * - the *monitor*, before the clone: control groups, trees that only the launching user may open;
 * - the *monitor*, after the clone, while the new process waits: id maps, room for rlimits, the OOM score;
 * - the *init* process, inside the new namespaces, up to the exec of the entrypoint.
 *
 * A plan is data: `--dry-run` prints it, `--explain` narrates it, native/plan decodes it. Paths inside the container are
 * absolute and are resolved by native code below the root's file descriptor (openat2, RESOLVE_IN_ROOT).
 */

/** The namespaces of namespaces(7), by the names of the runtime-spec. */
export type NamespaceKind = 'mount' | 'pid' | 'network' | 'uts' | 'ipc' | 'cgroup' | 'user' | 'time';

/** One line of uid_map or gid_map, user_namespaces(7). */
export interface IdMap {
  readonly container: number;
  readonly host: number;
  readonly size: number;
}

/** Whether a step's failure ends the run, or is reported and survived. */
export type Demand = 'required' | 'best-effort';

/** Attributes of a mount, per mount and not per filesystem: mount_setattr(2). */
export interface MountAttributes {
  readonly readonly: boolean;
  readonly nosuid: boolean;
  readonly nodev: boolean;
  readonly noexec: boolean;
  readonly atime: 'relatime' | 'noatime' | 'strictatime';
  readonly nodiratime: boolean;
  readonly nosymfollow: boolean;
}

/** What becomes of the attributes of a mount that exists: what is in neither list stays. */
export interface AttributeChange {
  /** `tree`: of the mounts below it too, AT_RECURSIVE. */
  readonly reach: Reach;
  readonly set: readonly AttributeFlag[];
  readonly clear: readonly AttributeFlag[];
  /** null: stays. */
  readonly atime: MountAttributes['atime'] | null;
}
export type AttributeFlag = Exclude<keyof MountAttributes, 'atime'>;

/** mount_namespaces(7). */
export type Propagation = 'private' | 'slave' | 'shared' | 'unbindable';

/** How many mounts below a path a step covers. */
export type Reach = 'this' | 'tree';

// ---------------------------------------------------------------- monitor, before the clone

/** mkdir of a control group, with its missing parents below `mount`. */
export interface CgroupCreate {
  readonly kind: 'cgroup-create';
  /** Absolute directory on the host. */
  readonly path: string;
  readonly demand: Demand;
}

/** Makes controllers available to the children of a control group: cgroup.subtree_control. */
export interface CgroupEnable {
  readonly kind: 'cgroup-enable';
  readonly path: string;
  /** For example `["memory", "pids"]`. */
  readonly controllers: readonly string[];
  readonly demand: Demand;
}

/** Moves the monitor itself into a leaf, so that its parent may have controllers (the no-internal-processes rule). */
export interface CgroupEnter {
  readonly kind: 'cgroup-enter';
  readonly path: string;
  readonly demand: Demand;
}

/**
 * The monitor waits while the launcher has systemd put it into a scope of its own, with Delegate=yes: in systemd's tree
 * only systemd makes groups, and only it can move a process out of a session (https://systemd.io/CGROUP_DELEGATION).
 */
export interface CgroupScope {
  readonly kind: 'cgroup-scope';
  /** Absolute directory of the scope, where systemd will make it. */
  readonly path: string;
  /** Whose service manager. */
  readonly bus: 'system' | 'user';
  /** For example `tsrun-c7f.scope`. */
  readonly unit: string;
  /** For example `tsrun.slice`. */
  readonly slice: string;
  /** What else the unit is started with, org.freedesktop.systemd1(5). */
  readonly properties: readonly ScopeProperty[];
}

/**
 * The monitor waits while the launcher has systemd move its child, which waits too, into a group of a unit: an ordinary user's session
 * may not move a process into his service manager's part of the tree, nor clone one there.
 */
export interface CgroupAttach {
  readonly kind: 'cgroup-attach';
  /** Absolute directory of the group. */
  readonly path: string;
  readonly bus: 'system' | 'user';
  readonly unit: string;
  /** From the unit's group to that one, like `/container`; '': the unit's own. */
  readonly below: string;
}

/** A property with the D-Bus signature that systemd declares for it. */
export interface ScopeProperty {
  readonly name: string;
  readonly signature: string;
  readonly value: ScopeValue;
}
export type ScopeValue = string | number | bigint | boolean | readonly ScopeValue[];

/** Writes one limit and reads it back. */
export interface CgroupWrite {
  readonly kind: 'cgroup-write';
  /** The control group's directory. */
  readonly path: string;
  /** For example `memory.max`. */
  readonly file: string;
  readonly value: string;
  /** What reading the file must give afterwards (one line of it, for files with many); empty: not compared. */
  readonly expect: string;
  /** A file of the same group that makes it no loss when this one is missing; empty: there is none. */
  readonly instead: string;
  readonly demand: Demand;
}

/** Attaches a BPF_PROG_TYPE_CGROUP_DEVICE program. */
export interface CgroupDevices {
  readonly kind: 'cgroup-devices';
  readonly path: string;
  /** struct bpf_insn array, 8 bytes each, little endian. */
  readonly program: Uint8Array;
  readonly demand: Demand;
}

/** Opens a host tree with the launcher's rights and keeps it in a slot for a later step of init. */
export interface OpenTree {
  readonly kind: 'open-tree';
  readonly slot: number;
  readonly source: string;
  /** A part of the source, with its links followed as if the source were "/"; '': all of it. */
  readonly subpath: string;
  readonly reach: Reach;
  /** Only root of the user namespace that a filesystem belongs to may map its ids, so the monitor does. */
  readonly idMap: MountIdMap | null;
}
/** The owners of a mount's files as other ids: mount_setattr(2), MOUNT_ATTR_IDMAP. */
export interface MountIdMap {
  readonly reach: Reach;
  readonly users: MountUsers;
}
/**
 * The kernel takes a mapping only as a user namespace: one that is made for it, or one that exists. `container` is the id
 * in the filesystem, `host` the one that it counts as.
 */
export type MountUsers =
  | { readonly type: 'map'; readonly uids: readonly IdMap[]; readonly gids: readonly IdMap[] }
  | { readonly type: 'namespace'; readonly path: string };

/** Takes one of the launcher's files into a slot: a listening socket, a client's console socket. */
export interface TakeFile {
  readonly kind: 'take-file';
  readonly slot: number;
  /** Index in the launcher's list of kept files (MonitorRequest.keep). */
  readonly file: number;
}

/**
 * Namespaces that exist already: the new process is made inside them, and its new ones belong to a joined user
 * namespace. Joins stand before {@link Clone}; their order does not matter.
 *
 * A helper process enters them first and gives birth to the new process there, as a child of the monitor: a joined pid
 * namespace is its children's only. Both are hidden from the container (not dumpable) until the command is executed.
 */
export interface Join {
  readonly kind: 'join';
  readonly namespaces: readonly NamespaceKind[];
  readonly from: NamespaceSource;
}
/** One namespace by its nsfs path, or several of a process: `file`, its place in MonitorRequest.keep, is a pidfd. */
export type NamespaceSource =
  | { readonly type: 'path'; readonly path: string }
  | { readonly type: 'process'; readonly file: number };

/** clone3(2): the new process waits until the monitor has done its part. */
export interface Clone {
  readonly kind: 'clone';
  readonly namespaces: readonly NamespaceKind[];
  /** CLONE_INTO_CGROUP; null: stay in the monitor's control group. */
  readonly cgroup: string | null;
}

// ---------------------------------------------------------------- monitor, after the clone

/** Writes uid_map and gid_map of the new process. */
export interface IdMapStep {
  readonly kind: 'id-map';
  readonly uids: readonly IdMap[];
  readonly gids: readonly IdMap[];
  /** `direct`: the monitor may write them itself; `newidmap`: by the setuid programs of shadow; `single`: one id, setgroups denied. */
  readonly writer: 'direct' | 'newidmap' | 'single';
}

/**
 * prlimit(2) on the new process, upwards only: what {@link Rlimit} will ask for is allowed from here on, and nothing is in
 * the way of init's own steps. `best-effort`: a failure is passed over, init's step will fail alike.
 */
export interface RaiseRlimit {
  readonly kind: 'raise-rlimit';
  readonly resource: number;
  readonly soft: bigint;
  readonly hard: bigint;
  readonly demand: Demand;
}

/**
 * Moves an interface of the launcher's network namespace into that of the new process, with its permanent global
 * addresses, and brings it up: runtime-spec config-linux.md, netDevices.
 */
export interface NetDevice {
  readonly kind: 'net-device';
  readonly device: string;
  /** Its name there; `%d` in it becomes the first free number. */
  readonly name: string;
}

/**
 * A pair of virtual Ethernet devices, veth(4): one end becomes a port of a bridge of the launcher's network namespace, the other
 * an interface of the new process, up, with addresses and a default route for each gateway.
 */
export interface Veth {
  readonly kind: 'veth';
  /** At most 15 bytes, as the other names. */
  readonly hostName: string;
  readonly bridge: string;
  /** Inside. */
  readonly name: string;
  /** Of the end inside, `02:74:0a:d4:00:02`. */
  readonly mac: string;
  readonly mtu: number;
  readonly addresses: readonly InterfaceAddress[];
  /** At most one of each family. */
  readonly gateways: readonly string[];
}
export interface InterfaceAddress {
  readonly address: string;
  /** Bits of the subnet. */
  readonly prefix: number;
}

/**
 * pasta(1) between the container's network namespace and sockets of the launcher's user, as long as the container lives. The path of
 * the namespace is the last word of its command, behind those here.
 */
export interface Pasta {
  readonly kind: 'pasta';
  /** Absolute path. */
  readonly program: string;
  readonly argv: readonly string[];
  readonly demand: Demand;
}

/** /proc/PID/oom_score_adj of the new process. */
export interface OomScoreAdj {
  readonly kind: 'oom-score-adj';
  readonly value: number;
  readonly demand: Demand;
}

// ---------------------------------------------------------------- init

/** Opens a path in init's own mount namespace while it still has the launcher's user id. */
export interface OpenPath {
  readonly kind: 'open-path';
  readonly slot: number;
  readonly path: string;
}

/** Puts files of the launcher's, by {@link TakeFile}, to 3, 4, ... of the command. The first of init's steps: later ones open files. */
export interface PreserveFiles {
  readonly kind: 'preserve-files';
  readonly slots: readonly number[];
}

/** Becomes uid 0 and gid 0 of the new user namespace. */
export interface BecomeRoot {
  readonly kind: 'become-root';
  readonly dropGroups: boolean;
}

/** A time namespace with offsets: unshare, write timens_offsets, setns. clone3 would freeze the offsets at once. */
export interface TimeNamespace {
  readonly kind: 'time-namespace';
  readonly monotonicSeconds: bigint;
  readonly monotonicNanoseconds: number;
  readonly boottimeSeconds: bigint;
  readonly boottimeNanoseconds: number;
}

/**
 * Sets how mount events reach a root. The host's (`/` of the new mount namespace) is cut off recursively slave first, or
 * rslave and rshared volumes would break; the container's gets what linux.rootfsPropagation asks for.
 */
export interface RootPropagation {
  readonly kind: 'root-propagation';
  readonly root: 'host' | 'container';
  readonly propagation: Propagation;
  readonly reach: Reach;
}

/** A private procfs mount kept as a file descriptor, taken before any byte of the image: nothing in the image can shadow it. */
export interface ProcHandle {
  readonly kind: 'proc-handle';
  /** `host`: the one that is mounted already. Who shares the host's pid namespace from a user namespace may not mount its procfs. */
  readonly instance: 'new' | 'host';
}

/** The root filesystem: read-only layers and a writable directory on top, mounted at `target` on the host's path. */
export interface Overlay {
  readonly kind: 'overlay';
  /** Slots of the layer directories, topmost first. */
  readonly lower: readonly number[];
  readonly upper: number;
  readonly work: number;
  /** Slot of the mount point: by path it could not be reached any more after the change of ids. */
  readonly at: number;
  /** The mount point as the host calls it; the mount is visible in this mount namespace only. */
  readonly target: string;
  /** Device nodes of the image cannot be opened: where no device rules guard them. */
  readonly nodev: boolean;
  /** user.overlay.* instead of trusted.overlay.*: needed in a user namespace. */
  readonly userxattr: boolean;
  /** What is written is not to outlive the mount: nobody waits for the disk when it goes (ADR 26). */
  readonly volatile: boolean;
}

/** The root filesystem is an existing directory, bound onto `target`. */
export interface RootfsBind {
  readonly kind: 'rootfs-bind';
  readonly source: number;
  readonly at: number;
  readonly target: string;
  readonly nodev: boolean;
}

/** A new filesystem instance inside the container: proc, sysfs, tmpfs, devpts, mqueue, cgroup2. */
export interface Mount {
  readonly kind: 'mount';
  readonly filesystem: string;
  /** What /proc/mounts shows as the source. */
  readonly source: string;
  readonly target: string;
  readonly attributes: MountAttributes;
  /** Filesystem parameters, for example `["mode=755", "size=64k"]`; a flag has no `=`. */
  readonly parameters: readonly string[];
  /** Copies what the image has at `target` into the new filesystem (tmpcopyup). */
  readonly copyUp: boolean;
  /** SELinux label of its root, where the filesystem takes none as a parameter; '': none. */
  readonly label: string;
  /** null: as the mount gets it, private below a private one and shared below a shared one. */
  readonly propagation: Propagation | null;
  readonly demand: Demand;
}

/** Changes what is mounted at a path already: attributes of the mount, parameters of its filesystem. */
export interface Remount {
  readonly kind: 'remount';
  readonly target: string;
  readonly changes: readonly AttributeChange[];
  /** For fsconfig(2) as in {@link Mount}; empty leaves the filesystem alone, which others may have mounted too. */
  readonly parameters: readonly string[];
  readonly demand: Demand;
}

/** A bind mount of a host path. */
export interface Bind {
  readonly kind: 'bind';
  readonly source: BindSource;
  readonly target: string;
  readonly reach: Reach;
  /** In this order: those of the mount, then `rro` and its like. */
  readonly changes: readonly AttributeChange[];
  readonly propagation: Propagation;
  /** Set the propagation of the mounts below as well (`rprivate`, `rslave`, ...). */
  readonly propagationReach: Reach;
  readonly demand: Demand;
}
/** Where a bind comes from: a tree the monitor opened, or a host path that init opens itself. */
export type BindSource =
  | { readonly from: 'slot'; readonly slot: number }
  | {
      readonly from: 'path';
      readonly path: string;
      /** As in {@link OpenTree}. */
      readonly subpath: string;
    };

/** A device node: made where the kernel allows it, else the host's node bound there. */
export interface Device {
  readonly kind: 'device';
  readonly path: string;
  readonly type: 'char' | 'block' | 'fifo';
  readonly major: number;
  readonly minor: number;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly how: 'mknod' | 'bind';
  /** Host path of the node, for `bind`. */
  readonly source: string;
}

/** A symbolic link inside the container. */
export interface Symlink {
  readonly kind: 'symlink';
  readonly target: string;
  readonly path: string;
}

/** A directory inside the container, with its missing parents; an existing one keeps its owner and mode. */
export interface Directory {
  readonly kind: 'directory';
  readonly path: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

/** Brings `lo` of the new network namespace up. */
export interface Loopback {
  readonly kind: 'loopback';
}

/** Asks TypeScript who the user is: it reads /etc/passwd and /etc/group through the root's file descriptor and answers once. */
export interface Lookup {
  readonly kind: 'lookup';
  /** As in the image's User or `--user`: name, uid, name:group, uid:gid or empty. */
  readonly user: string;
  /** `--group-add`: names or ids. */
  readonly groupAdd: readonly string[];
}

/** pivot_root(2) into the root filesystem; the old root is detached. */
export interface PivotRoot {
  readonly kind: 'pivot-root';
}

/**
 * chroot(2) in the place of {@link PivotRoot}: the old root stays in the mount namespace, and a process with CAP_SYS_CHROOT
 * finds its way back to it.
 */
export interface Chroot {
  readonly kind: 'chroot';
  /**
   * `read-only`, for `--without pivot-root`: so that showing this harms nobody, the old root and all mounts below it are made
   * so first, in this mount namespace. `host`: there is no namespace of the container's own, and the host's is left alone.
   */
  readonly oldRoot: 'read-only' | 'host';
}

/** Remounts the root filesystem read-only. */
export interface RootReadonly {
  readonly kind: 'root-readonly';
}

export interface Hostname {
  readonly kind: 'hostname';
  readonly hostname: string;
}

export interface Domainname {
  readonly kind: 'domainname';
  readonly domainname: string;
}

/** A kernel parameter of the new namespaces, written through the private procfs. */
export interface Sysctl {
  readonly kind: 'sysctl';
  /** Dotted name as in sysctl(8), for example `net.ipv4.ip_forward`. */
  readonly name: string;
  /** Path below /proc/sys, for example `net/ipv4/ip_forward`. */
  readonly path: string;
  readonly value: string;
}

/** Hides a path: /dev/null over a file, an empty read-only tmpfs over a directory. Absent paths are fine. */
export interface MaskPath {
  readonly kind: 'mask-path';
  readonly path: string;
}

/** Makes a path read-only by a bind of itself. Absent paths are fine. */
export interface ReadonlyPath {
  readonly kind: 'readonly-path';
  readonly path: string;
}

/** setsid(2): a session of its own, so that the container cannot reach the caller's terminal. */
export interface Session {
  readonly kind: 'session';
  /** A new session keyring too, session-keyring(7); `inherited` leaves the caller's keys within reach. */
  readonly keyring: 'new' | 'inherited';
}

/** A pseudo-terminal of the container's own devpts as standard input, output and error. */
export interface Console {
  readonly kind: 'console';
  readonly rows: number;
  readonly columns: number;
  /** Who owns the terminal, as an id inside; whoever {@link Lookup} found, where there is one. */
  readonly owner: number;
  readonly to: ConsoleDestination;
  /** Whether it is bound at /dev/console too: the terminal of PID 1 is. */
  readonly devConsole: boolean;
}
/** Where the pseudo-terminal's master goes: to the monitor and launcher, or over a client's AF_UNIX stream socket in a slot. */
export type ConsoleDestination = { readonly to: 'launcher' } | { readonly to: 'socket'; readonly slot: number };

/**
 * Init pauses while the launcher runs hooks in the runtime's namespaces (prestart, createRuntime): it gets
 * `runtime-hooks` with the pid of PID 1, and acknowledges. If it hangs up, the container ends.
 */
export interface RuntimeHooks {
  readonly kind: 'runtime-hooks';
}

/**
 * Looks for the command before it is needed: as {@link Exec} would, inside the root, but nothing is executed. When no
 * candidate is a file that may be executed the step fails with ENOENT or EACCES, `access`, and brings the root's
 * descriptor like a failed exec.
 */
export interface FindCommand {
  readonly kind: 'find-command';
  /** What relative candidates are relative to: the working directory, by its path inside. */
  readonly directory: string;
  readonly candidates: readonly string[];
}

/**
 * The end of `create` and the beginning of `start`. Needs the lifetime `handover`.
 *
 * 1. Init says `created`, with its pid as the host sees it. The launcher writes pid file and state, and acknowledges.
 * 2. Init gives its parent death signal up and says `handed-over`; the monitor ends. What is open still: standard
 *    streams, preserved files, the listening socket.
 * 3. Init waits in accept(2) on `slot`: a listening AF_UNIX SOCK_SEQPACKET socket, by {@link TakeFile}. Whoever starts
 *    the container connects and sends one `go` (`encodeMessage({ type: 'go' })`; kGo of native/sys/message.h, 32 bytes).
 *    End of file before it, or anything else: init ends.
 * 4. The steps go on. One that fails is sent on that connection as the usual `step-failed`, the last ones with the
 *    root's descriptor; then init waits for an `acknowledge` or for the end of the connection, and ends. End of file
 *    without a packet: the command runs.
 */
export interface WaitStart {
  readonly kind: 'wait-start';
  readonly slot: number;
}

/**
 * Hooks in the container's namespaces, one after the other: `createContainer` with the runtime's root, before it changes;
 * `startContainer` after the start. One that fails ends the container: `hook status`, `hook signal` or `hook timeout`, with
 * the status or signal in the place of an errno; `item` says which.
 */
export interface ContainerHooks {
  readonly kind: 'container-hooks';
  readonly name: 'createContainer' | 'startContainer';
  readonly hooks: readonly ContainerHook[];
  /** What each reads on standard input, before and after the pid, which only init knows. */
  readonly state: { readonly head: string; readonly tail: string };
}
export interface ContainerHook {
  readonly path: string;
  readonly argv: readonly string[];
  readonly env: readonly string[];
  /** 0: no limit. */
  readonly milliseconds: number;
}

/** sched_setattr(2). */
export interface Scheduler {
  readonly kind: 'scheduler';
  /** SCHED_ number. */
  readonly policy: number;
  readonly nice: number;
  readonly priority: number;
  /** SCHED_FLAG_ bits. */
  readonly flags: bigint;
  /** Nanoseconds. */
  readonly runtime: bigint;
  readonly deadline: bigint;
  readonly period: bigint;
}

/** ioprio_set(2). */
export interface IoPriority {
  readonly kind: 'io-priority';
  /** Class and priority as IOPRIO_PRIO_VALUE packs them. */
  readonly priority: number;
}

/** sched_setaffinity(2). */
export interface CpuAffinity {
  readonly kind: 'cpu-affinity';
  /** Bit n of byte n / 8: processor n. */
  readonly mask: Uint8Array;
}

/** personality(2). */
export interface Personality {
  readonly kind: 'personality';
  readonly persona: number;
}

/** set_mempolicy(2). */
export interface MemoryPolicy {
  readonly kind: 'memory-policy';
  /** MPOL_ mode with its flags. */
  readonly mode: number;
  /** Bit n of byte n / 8: node n; empty: none. */
  readonly nodes: Uint8Array;
}

/** The label that the command gets at its exec, by the private procfs ({@link ProcHandle}). */
export interface ExecLabel {
  readonly kind: 'exec-label';
  readonly module: 'apparmor' | 'selinux';
  readonly label: string;
}

/** Drops everything not listed from the capability bounding set. Bits by capability number. */
export interface BoundingSet {
  readonly kind: 'bounding-set';
  readonly keep: bigint;
}

/** Installs a classic BPF filter. */
export interface Seccomp {
  readonly kind: 'seccomp';
  /** struct sock_filter array, 8 bytes each. */
  readonly program: Uint8Array;
  /** SECCOMP_FILTER_FLAG_ bits. */
  readonly flags: number;
  readonly listener: SeccompListener | null;
}
/**
 * Whoever answers for the system calls that a filter asks about (SCMP_ACT_NOTIFY): init sends the listening descriptor over a
 * connected AF_UNIX stream socket in a slot, with a message. The flags have SECCOMP_FILTER_FLAG_NEW_LISTENER.
 */
export interface SeccompListener {
  readonly slot: number;
  /** At most four parts; between them stands the pid of init as the host sees it. */
  readonly message: readonly string[];
}

/** setgroups, setresgid, setresuid, with permitted capabilities kept. */
export interface User {
  readonly kind: 'user';
  readonly identity: UserIdentity;
  readonly umask: number;
}
/** Who the process runs as: ids, or whatever {@link Lookup} was answered. */
export type UserIdentity =
  | {
      readonly type: 'ids';
      readonly uid: number;
      readonly gid: number;
      readonly groups: readonly number[];
      /** null: setgroups(2) is denied in this user namespace, leave them. */
      readonly setGroups: boolean;
    }
  | { readonly type: 'looked-up'; readonly setGroups: boolean };

/** capset(2) and the ambient set. After setuid: before it, dropping CAP_SETUID would make setuid fail. */
export interface Capabilities {
  readonly kind: 'capabilities';
  readonly effective: bigint;
  readonly permitted: bigint;
  readonly inheritable: bigint;
  readonly ambient: bigint;
}

/** The working directory, entered as the user and checked to be inside the root (CVE-2024-21626). */
export interface WorkingDirectory {
  readonly kind: 'working-directory';
  readonly path: string;
}

export interface NoNewPrivileges {
  readonly kind: 'no-new-privileges';
}

/** close_range(2) from `from` on: nothing of the host's is inherited. */
export interface CloseFiles {
  readonly kind: 'close-files';
  readonly from: number;
}

/** prlimit(2) of init on itself, when it has opened its last file. {@link RaiseRlimit} has made room for it. */
export interface Rlimit {
  readonly kind: 'rlimit';
  /** RLIMIT_ number of this architecture's generic table (asm-generic/resource.h). */
  readonly resource: number;
  readonly soft: bigint;
  readonly hard: bigint;
  readonly demand: Demand;
}

/** execve(2) of the first candidate that exists. */
export interface Exec {
  readonly kind: 'exec';
  readonly argv: readonly string[];
  readonly env: readonly string[];
  /** Absolute or, with a slash, relative paths, tried in order as execvp(3) does. */
  readonly candidates: readonly string[];
  /** HOME is added from the looked-up user's entry when the environment has none. */
  readonly home: 'given' | 'looked-up';
  /** `reaper`: stay as PID 1, run the command as a child, forward signals and reap. */
  readonly pid1: 'command' | 'reaper';
}

export type MonitorStep =
  | CgroupCreate
  | CgroupEnable
  | CgroupEnter
  | CgroupScope
  | CgroupWrite
  | CgroupDevices
  | OpenTree
  | TakeFile
  | Join
  | Clone;
export type ParentStep = CgroupAttach | IdMapStep | NetDevice | Veth | Pasta | RaiseRlimit | OomScoreAdj;
export type InitStep =
  | PreserveFiles
  | OpenPath
  | BecomeRoot
  | TimeNamespace
  | RootPropagation
  | ProcHandle
  | Overlay
  | RootfsBind
  | Mount
  | Remount
  | Bind
  | Device
  | Symlink
  | Directory
  | Loopback
  | Lookup
  | RuntimeHooks
  | PivotRoot
  | Chroot
  | RootReadonly
  | Hostname
  | Domainname
  | Sysctl
  | MaskPath
  | ReadonlyPath
  | Session
  | Console
  | FindCommand
  | WaitStart
  | ContainerHooks
  | Scheduler
  | IoPriority
  | CpuAffinity
  | Personality
  | MemoryPolicy
  | ExecLabel
  | BoundingSet
  | Seccomp
  | User
  | Capabilities
  | WorkingDirectory
  | NoNewPrivileges
  | CloseFiles
  | Rlimit
  | Exec;

/** One step. The kind decides who carries it out. */
export type Step = MonitorStep | ParentStep | InitStep;

/** The whole list, in the order of execution. */
export interface Plan {
  readonly version: 1;
  readonly steps: readonly Step[];
}
