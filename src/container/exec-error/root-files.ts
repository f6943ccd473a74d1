/** The files of a container's root as an explanation needs them: a few looks, each of which may fail and none of which throws. */

/** What one look gave: the value, or the errno that stopped it. */
export type Look<T> = { readonly seen: true; readonly value: T } | { readonly seen: false; readonly errno: string };

export interface FileStat {
  readonly type: 'file' | 'directory' | 'symlink' | 'character device' | 'block device' | 'pipe' | 'socket';
  /** Permission bits with setuid, setgid and sticky. */
  readonly mode: number;
  /** Owners as the container sees them; null: an id that its user namespace does not map. */
  readonly uid: number | null;
  readonly gid: number | null;
  readonly size: number;
  /** Its mount forbids execution. */
  readonly noexec: boolean;
  /** The file capabilities, struct vfs_cap_data of capability.h; null: none. */
  readonly capabilities: Uint8Array | null;
}

/** Paths are absolute inside the root and cannot lead out of it. Unit tests make theirs from a list. */
export interface RootFiles {
  /** A final symbolic link is not followed. */
  stat(path: string): Look<FileStat>;
  /** At most `length` bytes of a regular file from `offset` on. */
  read(path: string, offset: number, length: number): Look<Uint8Array>;
  /** At most `max` names of a directory; names that are not UTF-8 are left out. */
  list(path: string, max: number): Look<readonly string[]>;
  readlink(path: string): Look<string>;
}
