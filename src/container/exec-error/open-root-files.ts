/** A container's files through the descriptor of its root: openat2 with RESOLVE_IN_ROOT, never a path of the host. */
import { constants } from 'node:fs';
import { errnoName } from '../../errors/errno.ts';
import { addon } from '../../native/addon.ts';
import type { IdMap } from '../../plan/plan.ts';
import type { FileStat, Look, RootFiles } from './root-files.ts';

/** The id maps of the container's user namespace; null: it has none of its own. */
export interface IdMaps {
  readonly uids: readonly IdMap[];
  readonly gids: readonly IdMap[];
}

/**
 * @param root descriptor of the container's root, its mounts still standing
 */
export function openRootFiles(root: number, maps: IdMaps | null): RootFiles {
  const native = addon();
  return {
    stat: (path) =>
      look(() => {
        const { mode, uid, gid, size, noexec, capabilities } = native.statInRoot(root, path);
        return {
          type: typeOf(mode),
          mode: mode & 0o7777,
          uid: maps === null ? uid : inContainer(uid, maps.uids),
          gid: maps === null ? gid : inContainer(gid, maps.gids),
          size,
          noexec,
          capabilities,
        };
      }),
    read: (path, offset, length) => look(() => native.readPartInRoot(root, path, offset, length)),
    list: (path, max) => look(() => names(native.listInRoot(root, path, max))),
    readlink: (path) => look(() => native.readlinkInRoot(root, path).toString('utf8')),
  };
}

function look<T>(from: () => T): Look<T> {
  try {
    return { seen: true, value: from() };
  } catch (error) {
    const { errno } = error as { readonly errno?: unknown };
    if (typeof errno !== 'number') throw error;
    return { seen: false, errno: errnoName(errno) };
  }
}

const types: ReadonlyMap<number, FileStat['type']> = new Map([
  [constants.S_IFREG, 'file'],
  [constants.S_IFDIR, 'directory'],
  [constants.S_IFLNK, 'symlink'],
  [constants.S_IFCHR, 'character device'],
  [constants.S_IFBLK, 'block device'],
  [constants.S_IFIFO, 'pipe'],
  [constants.S_IFSOCK, 'socket'],
]);
const typeOf = (mode: number): FileStat['type'] => types.get(mode & constants.S_IFMT) ?? 'file';

/** The launcher sees host ids. */
function inContainer(id: number, maps: readonly IdMap[]): number | null {
  const map = maps.find(({ host, size }) => id >= host && id < host + size);
  return map === undefined ? null : id - map.host + map.container;
}

/** A name that is no UTF-8 cannot be typed as an argument, so it is no suggestion either. */
function names(buffer: Buffer): readonly string[] {
  const text = buffer.toString('utf8');
  return text.split('\0').filter((name) => name !== '' && !name.includes('\uFFFD'));
}
