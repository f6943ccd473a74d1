/** What is in one image and not in another, or otherwise. */
import { createHash } from 'node:crypto';
import { TsrunError } from '../../errors/tsrun-error.ts';
import type { Paths } from '../../host/paths.ts';
import { throwIfAborted } from '../aborted.ts';
import { FileReader } from '../layer/split/file-reader.ts';
import { printable } from '../layer/tar/bytes.ts';
import { storeLayout } from '../store/layout.ts';
import { openImageStack, type StackedTree } from './layer-stack.ts';
import { LayerEntries, type MergedFile, mergeTrees } from './merged-tree.ts';
import type { TreeEntry } from './tree-entry.ts';

export type Difference = 'type' | 'contents' | 'mode' | 'owner' | 'target' | 'device' | 'xattrs' | 'time';

export type ImageChange =
  | { readonly kind: 'A'; readonly after: TreeEntry }
  | { readonly kind: 'D'; readonly before: TreeEntry }
  | {
      readonly kind: 'C';
      readonly before: TreeEntry;
      readonly after: TreeEntry;
      readonly differs: readonly Difference[];
    };

/** Whether a file that differs by its time only is one that differs. */
export type Times = 'count' | 'ignored';

/**
 * From the first image to the second, every directory before what is in it, names in the order of their bytes. Owners are those in the
 * container. Files of one size in different layers are read and compared.
 *
 * @throws TsrunError IMAGE_NOT_FOUND, IMAGE_AMBIGUOUS, STORE, ABORTED
 * @example await diffImages(paths, ['app:1', 'app:2'], 'ignored', signal)
 */
export async function diffImages(
  paths: Paths,
  [before, after]: readonly [string, string],
  times: Times,
  signal: AbortSignal,
): Promise<readonly ImageChange[]> {
  const layout = storeLayout(paths);
  using one = await openImageStack(layout, before, signal);
  using other = await openImageStack(layout, after, signal);
  const layers = new LayerEntries();
  await using comparison = new Comparison(times, signal);
  return await comparison.directories(await mergeTrees(one.trees, layers), await mergeTrees(other.trees, layers));
}

class Comparison {
  readonly #times: Times;
  readonly #signal: AbortSignal;
  readonly #readers = new Map<string, Promise<FileReader>>();

  constructor(times: Times, signal: AbortSignal) {
    this.#times = times;
    this.#signal = signal;
  }

  /** Two directories of one path. */
  async directories(one: MergedFile, other: MergedFile): Promise<readonly ImageChange[]> {
    throwIfAborted(this.#signal);
    const changes: ImageChange[] = [];
    const names = [...new Set([...one.children.keys(), ...other.children.keys()])].sort();
    for (const name of names) {
      const before = one.children.get(name);
      const after = other.children.get(name);
      if (before === undefined) changes.push(...(after === undefined ? [] : all(after, 'A')));
      else if (after === undefined) changes.push(...all(before, 'D'));
      else changes.push(...(await this.#files(before, after)));
    }
    return changes;
  }

  async #files(before: MergedFile, after: MergedFile): Promise<readonly ImageChange[]> {
    const differs = await this.#differences(before, after);
    const own: readonly ImageChange[] =
      differs.length === 0 ? [] : [{ kind: 'C', before: before.entry, after: after.entry, differs }];
    // One that is no directory has nothing below it.
    return [...own, ...(await this.directories(before, after))];
  }

  async #differences(one: MergedFile, other: MergedFile): Promise<readonly Difference[]> {
    const before = one.entry;
    const after = other.entry;
    if (before === after) return [];
    if (before.type !== after.type) return ['type'];
    const found: Difference[] = [];
    if (before.type === 'file' && !(await this.#sameContents(one, other))) found.push('contents');
    if (before.target !== after.target) found.push('target');
    if (before.device !== after.device) found.push('device');
    if (before.mode !== after.mode) found.push('mode');
    if (before.uid !== after.uid || before.gid !== after.gid) found.push('owner');
    if (JSON.stringify(before.xattrs) !== JSON.stringify(after.xattrs)) found.push('xattrs');
    if (this.#times === 'count' && before.modified !== after.modified) found.push('time');
    return found;
  }

  async #sameContents(one: MergedFile, other: MergedFile): Promise<boolean> {
    if (one.entry.size !== other.entry.size) return false;
    if (one.entry.size === 0) return true;
    return (await this.#hash(one)) === (await this.#hash(other));
  }

  async #hash({ entry, tree }: MergedFile): Promise<string> {
    throwIfAborted(this.#signal);
    const reader = await this.#reader(tree);
    const hash = createHash('sha256');
    reader.ask({ path: entry.path, size: entry.size, extents: [{ offset: 0, length: entry.size }] });
    const pieces = reader.take();
    for (;;) {
      const next = await pieces.next();
      if (next.done !== true) {
        hash.update(next.value);
        continue;
      }
      if (next.value === null) return hash.digest('hex');
      throw new TsrunError('STORE', `cannot read "${printable(entry.path)}" in "${tree.directory}"`, {
        why: typeof next.value === 'string' ? 'it changed meanwhile' : next.value.errno,
        hint: '"tsrun image verify" says what else is wrong',
      });
    }
  }

  #reader({ directory, mapping }: StackedTree): Promise<FileReader> {
    const known = this.#readers.get(directory);
    if (known !== undefined) return known;
    const reader = FileReader.open(directory, mapping);
    this.#readers.set(directory, reader);
    return reader;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const reader of await Promise.allSettled(this.#readers.values())) {
      if (reader.status === 'fulfilled') await reader.value.close();
    }
  }
}

/** A file that only one image has, with everything below it. */
function all({ entry, children }: MergedFile, kind: 'A' | 'D'): readonly ImageChange[] {
  const own: ImageChange = kind === 'A' ? { kind, after: entry } : { kind, before: entry };
  const names = [...children.keys()].sort();
  return [own, ...names.flatMap((name) => all(children.get(name) as MergedFile, kind))];
}
