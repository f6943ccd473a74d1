/** What the monitor does before the clone: control groups, trees that only the launching user may open, namespaces. */
import type { Demand, IdMap, NamespaceKind, Reach } from './terms.ts';

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
  /** The nsfs path of the mount namespace that the source is in; '': the launcher's. */
  readonly namespace: string;
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

/**
 * The user namespace of the {@link Clone} is made below this one, which has an ordinary user's networks, or another container's: only
 * there may interfaces of the one network namespace be put into the other, or it be joined. Its {@link IdMapStep} and its {@link Veth}
 * are done from inside.
 */
export interface Anchor {
  readonly kind: 'anchor';
  /** nsfs paths. */
  readonly users: string;
  readonly network: string;
}

/** clone3(2): the new process waits until the monitor has done its part. */
export interface Clone {
  readonly kind: 'clone';
  readonly namespaces: readonly NamespaceKind[];
  /** CLONE_INTO_CGROUP; null: stay in the monitor's control group. */
  readonly cgroup: string | null;
}
