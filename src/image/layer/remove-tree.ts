/** Deleting trees that the caller's own process may not be able to read. */
import type { UserNamespace } from '../../plan/host-facts.ts';
import { treeJob } from './tree-job.ts';

/**
 * Deletes the tree at `path`, whatever owners and modes it has. What is not there counts as deleted. Symbolic links are
 * deleted, not followed; what is mounted inside stays and is an error.
 *
 * @param path absolute
 * @param mapping the user namespace whose ids own the tree
 * @throws TsrunError STORE
 */
export async function removeTree(path: string, mapping: UserNamespace): Promise<void> {
  await treeJob('remove', path, mapping);
}
