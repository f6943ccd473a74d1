/** What init does about mounts and files, up to the change of the root and behind it. */
import type { AttributeChange, Demand, MountAttributes, Propagation, Reach } from './terms.ts';

/** Opens a path in init's own mount namespace while it still has the launcher's user id. */
export interface OpenPath {
  readonly kind: 'open-path';
  readonly slot: number;
  readonly path: string;
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

/**
 * What of the directory at `target` goes into the filesystem that covers it: `mode`, the permission bits of its root,
 * where the directory was there before; `content`, all of it (tmpcopyup).
 */
export type Inherited = 'nothing' | 'mode' | 'content';

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
  readonly inherits: Inherited;
  /** SELinux label of its root, where the filesystem takes none as a parameter; '': none. */
  readonly label: string;
  /** null: as the mount gets it, private below a private one and shared below a shared one. */
  readonly propagation: Propagation | null;
  readonly demand: Demand;
}

/** Changes what is mounted at a path already: attributes and propagation of the mount, parameters of its filesystem. */
export interface Remount {
  readonly kind: 'remount';
  readonly target: string;
  readonly changes: readonly AttributeChange[];
  /** For fsconfig(2) as in {@link Mount}; empty leaves the filesystem alone, which others may have mounted too. */
  readonly parameters: readonly string[];
  /** null: as it is. */
  readonly propagation: Propagation | null;
  readonly propagationReach: Reach;
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
