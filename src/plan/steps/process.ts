/** What init does about everything else that a process has, up to the exec of the entrypoint. */
import type { Demand } from './terms.ts';

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
