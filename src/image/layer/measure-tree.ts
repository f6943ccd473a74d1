/** What a tree of files holds. */
import { type Dirent, lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { UserNamespace } from '../../plan/host-facts.ts';
import { treeJob } from './tree-job.ts';

/**
 * The lengths of all files below `path`, each counted once however many names it has; 0 where there is no such directory. Files that come
 * and go meanwhile count or do not.
 *
 * @param path absolute
 * @param mapping the user namespace whose ids own the tree
 * @throws TsrunError STORE
 */
export async function measureTree(path: string, mapping: UserNamespace): Promise<number> {
  return measureHere(path) ?? (await treeJob('measure', path, mapping)).skippedDevices;
}

/** null: some of it this process may not read, or cannot spell. */
function measureHere(path: string): number | null {
  const seen = new Set<string>();
  const left = [path];
  let bytes = 0;
  for (let directory = left.pop(); directory !== undefined; directory = left.pop()) {
    let entries: readonly Dirent[];
    try {
      entries = readdirSync(directory, { withFileTypes: true });
    } catch (error) {
      if (isGone(error)) continue;
      return null;
    }
    for (const entry of entries) {
      const inside = join(directory, entry.name);
      if (entry.isDirectory()) {
        left.push(inside);
        continue;
      }
      const stat = lengthOf(inside);
      if (stat === null) return null;
      if (stat.links > 1 && seen.has(stat.file)) continue;
      if (stat.links > 1) seen.add(stat.file);
      bytes += stat.size;
    }
  }
  return bytes;
}

interface Length {
  readonly size: number;
  readonly links: number;
  readonly file: string;
}

function lengthOf(path: string): Length | null {
  try {
    const { size, nlink, dev, ino } = lstatSync(path);
    return { size, links: nlink, file: `${dev}:${ino}` };
  } catch (error) {
    // A name that is not UTF-8 reads as one that is not there.
    return isGone(error) && !path.includes('\ufffd') ? { size: 0, links: 1, file: '' } : null;
  }
}

const isGone = (error: unknown): boolean => ['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '');
