/** All files of an image: its layers on each other, as overlayfs shows them. */
import type { StackedTree } from './layer-stack.ts';
import type { TreeEntry } from './tree-entry.ts';
import { TreeLooker } from './tree-looker.ts';

export interface MergedFile {
  readonly entry: TreeEntry;
  /** Where its bytes are. */
  readonly tree: StackedTree;
  /** By name, of a directory. */
  readonly children: ReadonlyMap<string, MergedFile>;
}

interface Growing extends MergedFile {
  entry: TreeEntry;
  tree: StackedTree;
  readonly children: Map<string, Growing>;
}

/** The entries of layers, each read once however many images have it. */
export class LayerEntries {
  readonly #read = new Map<string, Promise<readonly TreeEntry[]>>();

  /** @throws TsrunError STORE */
  of({ directory, mapping }: StackedTree): Promise<readonly TreeEntry[]> {
    const known = this.#read.get(directory);
    if (known !== undefined) return known;
    const reading = (async () => {
      await using looker = await TreeLooker.open(directory, mapping);
      const entries: TreeEntry[] = [];
      for await (const entry of looker.all()) entries.push(entry);
      return entries;
    })();
    this.#read.set(directory, reading);
    return reading;
  }
}

/**
 * @param trees bottom first, at least one
 * @returns the root
 * @throws TsrunError STORE
 */
export async function mergeTrees(trees: readonly StackedTree[], layers: LayerEntries): Promise<MergedFile> {
  let root: Growing | null = null;
  for (const tree of trees) {
    for (const entry of await layers.of(tree)) {
      if (root === null || entry.path === '') root = placed(root, entry, tree);
      else put(root, entry, tree);
    }
  }
  if (root === null) throw new Error('an image without layers has no root');
  return root;
}

function put(root: Growing, entry: TreeEntry, tree: StackedTree): void {
  const names = entry.path.split('/');
  const name = names.pop() ?? '';
  let directory = root;
  for (const above of names) {
    const next = directory.children.get(above);
    if (next === undefined) throw new Error(`"${entry.path}" comes before the directory it is in`);
    directory = next;
  }
  if (entry.type === 'whiteout') directory.children.delete(name);
  else directory.children.set(name, placed(directory.children.get(name) ?? null, entry, tree));
}

/** A directory over a directory keeps what is in that one. */
function placed(below: Growing | null, entry: TreeEntry, tree: StackedTree): Growing {
  const merges = entry.type === 'directory' && !entry.isOpaque && below?.entry.type === 'directory';
  return { entry, tree, children: merges ? below.children : new Map() };
}
