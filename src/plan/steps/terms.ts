/** Words that steps of several kinds share. */
import type { ParsedAttributes } from '../../oci/mount-options.ts';

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
export type MountAttributes = ParsedAttributes;

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
