/** Follows a path as the kernel does, component by component, to say where it ends and why. */
import { type Executor, maySearch } from './executor.ts';
import type { FileStat, RootFiles } from './root-files.ts';

/** The last symbolic link that was followed. */
export interface FollowedLink {
  readonly path: string;
  readonly target: string;
}

export type Walked =
  /** `path` has no links in it any more. */
  | { readonly type: 'there'; readonly path: string; readonly stat: FileStat }
  /** `directory` is there and has no `name`. */
  | { readonly type: 'missing'; readonly directory: string; readonly name: string; readonly link: FollowedLink | null }
  /** More of the path follows a file. */
  | { readonly type: 'not-directory'; readonly path: string }
  | { readonly type: 'loop'; readonly path: string }
  /** The executor may not look up names there. */
  | { readonly type: 'unsearchable'; readonly path: string; readonly stat: FileStat }
  /** We could not look, which says nothing about the executor. */
  | { readonly type: 'unknown'; readonly path: string; readonly errno: string };

/** MAXSYMLINKS of the kernel, path_resolution(7). */
const maxLinks = 40;

export function walk(files: RootFiles, path: string, who: Executor): Walked {
  let at = '/';
  let link: FollowedLink | null = null;
  let links = 0;
  const names = path.split('/');
  // A trailing slash asks for a directory.
  const wantsDirectory = names.at(-1) === '';
  let stat = files.stat('/');
  for (let name = names.shift(); name !== undefined; name = names.shift()) {
    if (name === '' || name === '.') continue;
    if (!stat.seen) return { type: 'unknown', path: at, errno: stat.errno };
    if (stat.value.type !== 'directory') return { type: 'not-directory', path: at };
    if (!maySearch(who, stat.value)) return { type: 'unsearchable', path: at, stat: stat.value };
    const next = name === '..' ? parentOf(at) : join(at, name);
    const below = files.stat(next);
    if (!below.seen) {
      if (below.errno === 'ENOENT') return { type: 'missing', directory: at, name, link };
      return { type: 'unknown', path: next, errno: below.errno };
    }
    if (below.value.type !== 'symlink') {
      at = next;
      stat = below;
      continue;
    }
    const target = files.readlink(next);
    if (!target.seen) return { type: 'unknown', path: next, errno: target.errno };
    links += 1;
    if (links > maxLinks) return { type: 'loop', path: link?.path ?? next };
    link = { path: next, target: target.value };
    names.unshift(...target.value.split('/'));
    if (target.value.startsWith('/')) {
      at = '/';
      stat = files.stat('/');
    }
  }
  if (!stat.seen) return { type: 'unknown', path: at, errno: stat.errno };
  if (wantsDirectory && stat.value.type !== 'directory') return { type: 'not-directory', path: at };
  return { type: 'there', path: at, stat: stat.value };
}

export const join = (directory: string, name: string): string =>
  directory === '/' ? `/${name}` : `${directory}/${name}`;

const parentOf = (path: string): string => path.slice(0, Math.max(1, path.lastIndexOf('/')));
