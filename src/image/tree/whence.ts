/** Which layer answers for a path, and which it hides. */
import { TsrunError } from '../../errors/tsrun-error.ts';
import { printable } from '../layer/tar/bytes.ts';
import type { StackedTree } from './layer-stack.ts';
import type { TreeEntry } from './tree-entry.ts';
import { TreeLooker } from './tree-looker.ts';

export interface Standing {
  readonly tree: StackedTree;
  /** From 1 at the bottom. */
  readonly number: number;
  readonly entry: TreeEntry;
  /**
   * answers: what a program sees. merged: a directory whose names are seen too. hidden: by a layer above. deletes: a whiteout of what is
   * below.
   */
  readonly part: 'answers' | 'merged' | 'hidden' | 'deletes';
}

/** A directory above the path that some layer deletes, replaces, or hides what is below of. */
export interface HidingAbove {
  readonly path: string;
  readonly number: number;
  readonly how: 'whiteout' | 'opaque' | 'no-directory';
}

export interface PathWhence {
  /** Absolute, a byte string, without symlinks but maybe itself. */
  readonly path: string;
  /** Bottom layer first. */
  readonly standing: readonly Standing[];
  readonly above: readonly HidingAbove[];
}

/** As the kernel, path_resolution(7). */
const MAX_LINKS = 40;

/**
 * @param trees bottom first
 * @param path absolute or from the root, a byte string
 * @returns the path, then what each symlink led to; the last has no `answers` when there is nothing
 * @throws TsrunError STORE; USAGE for a loop of symlinks
 */
export async function whence(trees: readonly StackedTree[], path: string): Promise<readonly PathWhence[]> {
  const lookers: TreeLooker[] = [];
  try {
    for (const { directory, mapping } of trees) lookers.push(await TreeLooker.open(directory, mapping));
    return await new PathWalk(trees, lookers).walk(path);
  } finally {
    for (const looker of lookers) await looker[Symbol.asyncDispose]();
  }
}

/** A directory as it is seen: from which layers its names come, the topmost first. */
type Contributing = readonly number[];

class PathWalk {
  readonly #trees: readonly StackedTree[];
  readonly #lookers: readonly TreeLooker[];

  constructor(trees: readonly StackedTree[], lookers: readonly TreeLooker[]) {
    this.#trees = trees;
    this.#lookers = lookers;
  }

  async walk(path: string): Promise<readonly PathWhence[]> {
    const found: PathWhence[] = [];
    let left = components(path);
    let at: string[] = [];
    const root = await this.#look('', null);
    let directories: Contributing[] = [root.contributing];
    let above: HidingAbove[] = [];
    let links = 0;
    if (left.length === 0) return [place('', root.standing, above)];
    while (left.length > 0) {
      const [name = '', ...rest] = left;
      left = rest;
      if (name === '..') {
        at = at.slice(0, -1);
        if (directories.length > 1) directories = directories.slice(0, -1);
        if (left.length === 0) found.push(await this.#whole(at, above));
        continue;
      }
      const here = [...at, name].join('/');
      const { standing, contributing } = await this.#look(here, directories.at(-1) ?? []);
      const answer = standing.find(({ part }) => part === 'answers')?.entry;
      const isLast = left.length === 0;
      if (isLast) found.push(place(here, standing, above));
      if (answer === undefined) return isLast ? found : [...found, await this.#unreached(here, left, above, standing)];
      if (answer.type === 'symlink') {
        links += 1;
        if (links > MAX_LINKS) throw loop(path);
        left = [...components(answer.target), ...left];
        if (answer.target.startsWith('/')) {
          at = [];
          directories = directories.slice(0, 1);
        }
        if (left.length === 0) found.push(await this.#whole(at, above));
        continue;
      }
      if (isLast) return found;
      if (answer.type !== 'directory') return [...found, await this.#unreached(here, left, above, standing)];
      above = [...above, ...hidingOf(here, standing)];
      at.push(name);
      directories = [...directories, contributing];
    }
    return found;
  }

  /** A directory that a link or `..` led to. */
  async #whole(at: readonly string[], above: readonly HidingAbove[]): Promise<PathWhence> {
    const path = at.join('/');
    let from: Contributing | null = null;
    for (let n = 0; n < at.length; n++) from = (await this.#look(at.slice(0, n).join('/'), from)).contributing;
    return place(path, (await this.#look(path, from)).standing, above);
  }

  /** Nothing is seen at `here`, or nothing that has names: what layers have of it all the same. */
  async #unreached(
    here: string,
    left: readonly string[],
    above: readonly HidingAbove[],
    standing: readonly Standing[],
  ): Promise<PathWhence> {
    const path = [here, ...left].join('/');
    return place(path, (await this.#look(path, [])).standing, [...above, ...hidingOf(here, standing)]);
  }

  /** @param from the layers that the directory it is in comes from; null: it is the root */
  async #look(
    path: string,
    from: Contributing | null,
  ): Promise<{ readonly standing: readonly Standing[]; readonly contributing: Contributing }> {
    const entries = await Promise.all(this.#lookers.map((looker) => looker.one(path)));
    const standing: Standing[] = [];
    const contributing: number[] = [];
    let state: 'open' | 'merging' | 'closed' = 'open';
    for (let n = entries.length - 1; n >= 0; n--) {
      const entry = entries[n];
      const tree = this.#trees[n];
      if (!entry || tree === undefined) continue;
      const place = { tree, number: n + 1, entry };
      const isSeen = from === null || from.includes(n);
      const isDirectory = entry.type === 'directory';
      if (!isSeen || state === 'closed') standing.push({ ...place, part: 'hidden' });
      else if (entry.type === 'whiteout') {
        standing.push({ ...place, part: 'deletes' });
        state = 'closed';
      } else if (state === 'merging' && !isDirectory) {
        standing.push({ ...place, part: 'hidden' });
        state = 'closed';
      } else {
        standing.push({ ...place, part: state === 'open' ? 'answers' : 'merged' });
        state = isDirectory && !entry.isOpaque ? 'merging' : 'closed';
        if (isDirectory) contributing.push(n);
      }
    }
    return { standing: standing.reverse(), contributing };
  }
}

/** @param path from the root */
const place = (path: string, standing: readonly Standing[], above: readonly HidingAbove[]): PathWhence => ({
  path: `/${path}`,
  standing,
  // A link may have led elsewhere.
  above: above.filter((hiding) => `/${path}`.startsWith(`${hiding.path}/`)),
});

/** Marks in the way of layers below. */
function hidingOf(path: string, standing: readonly Standing[]): readonly HidingAbove[] {
  return standing.flatMap(({ entry, number, part }): HidingAbove[] => {
    if (entry.type === 'whiteout') return [{ path: `/${path}`, number, how: 'whiteout' }];
    if (entry.isOpaque && number > 1) return [{ path: `/${path}`, number, how: 'opaque' }];
    return part === 'hidden' && entry.type !== 'directory' ? [{ path: `/${path}`, number, how: 'no-directory' }] : [];
  });
}

const components = (path: string): string[] => path.split('/').filter((name) => name !== '' && name !== '.');

const loop = (path: string): TsrunError =>
  new TsrunError('USAGE', `cannot follow "${printable(path)}"`, {
    why: `more than ${MAX_LINKS} symbolic links lead on, as in a loop`,
    hint: 'give the path of one of the links without its last part',
  });
