/** Two trees beside each other: all but what files hold. */
import type { TreeEntry } from '../tree/tree-entry.ts';

/** What is wrong with a path of the first tree. */
export interface MetadataFault {
  /** A byte string, '' for the root. */
  readonly path: string;
  readonly fault: string;
}

/** Times of the outline from this moment on are when it was made, and nobody's to keep. */
type Began = bigint;

/**
 * Compares a stored layer with what it should be, both in the order of the workbench's "look".
 *
 * @param began wall clock, nanoseconds, from before the outline was made
 */
export async function* compareMetadata(
  stored: AsyncIterator<TreeEntry>,
  outline: AsyncIterator<TreeEntry>,
  began: Began,
): AsyncGenerator<MetadataFault> {
  const names = { stored: new Map<bigint, string>(), outline: new Map<bigint, string>() };
  let [one, other] = [await next(stored), await next(outline)];
  while (one !== null || other !== null) {
    const order = one === null ? 1 : other === null ? -1 : compareOrder(one.path, other.path);
    if (order < 0 && one !== null) {
      yield { path: one.path, fault: 'does not belong to it' };
      one = await next(stored);
    } else if (order > 0 && other !== null) {
      yield { path: other.path, fault: 'is missing' };
      other = await next(outline);
    } else if (one !== null && other !== null) {
      const first = [firstName(names.stored, one), firstName(names.outline, other)] as const;
      const found = differences(one, other, began);
      if (first[0] !== first[1]) found.push('links');
      if (found.length > 0) yield { path: one.path, fault: `differs in ${found.join(', ')}` };
      [one, other] = [await next(stored), await next(outline)];
    }
  }
}

async function next(of: AsyncIterator<TreeEntry>): Promise<TreeEntry | null> {
  const step = await of.next();
  return step.done === true ? null : step.value;
}

/** Every directory before what is in it: a slash is less than all other bytes. */
function compareOrder(a: string, b: string): number {
  const [one, other] = [a.replaceAll('/', '\0'), b.replaceAll('/', '\0')];
  return one < other ? -1 : one > other ? 1 : 0;
}

/** By which name the file was met first: equal for all names of one file. */
function firstName(met: Map<bigint, string>, { inode, path }: TreeEntry): string {
  const before = met.get(inode);
  if (before !== undefined) return before;
  met.set(inode, path);
  return path;
}

function differences(one: TreeEntry, other: TreeEntry, began: Began): string[] {
  if (one.type !== other.type) return ['type'];
  const found: string[] = [];
  if (one.size !== other.size) found.push('size');
  if (one.target !== other.target) found.push('target');
  if (one.device !== other.device) found.push('device number');
  if (one.isOpaque !== other.isOpaque) found.push('what it hides of lower layers');
  if (one.type === 'whiteout') return found;
  if (one.type !== 'symlink' && one.mode !== other.mode) found.push('mode');
  if (one.uid !== other.uid || one.gid !== other.gid) found.push('owner');
  if (JSON.stringify(one.xattrs) !== JSON.stringify(other.xattrs)) found.push('extended attributes');
  if (other.modified < began && one.modified !== other.modified) found.push('time');
  return found;
}
