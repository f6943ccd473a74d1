/** Deleting trees that the caller's own process may not be able to read. */
import type { UserNamespace } from '../../plan/host-facts.ts';
import { failureError } from './failure.ts';
import { Workbench } from './workbench.ts';

/**
 * Deletes the tree at `path`, whatever owners and modes it has. What is not there counts as deleted. Symbolic links are
 * deleted, not followed; what is mounted inside stays and is an error.
 *
 * @param path absolute
 * @param mapping the user namespace whose ids own the tree
 * @throws TsrunError STORE
 */
export async function removeTree(path: string, mapping: UserNamespace): Promise<void> {
  // Root owns everything in its own namespace, also what belongs to a container's.
  const bench = new Workbench({
    job: ['workbench', 'remove'],
    mapping: process.geteuid?.() === 0 ? { type: 'host' } : mapping,
    words: [path],
    writes: false,
    process: null,
  });
  const reply = await bench.reply();
  await bench.finished();
  if (reply.type === 'done') return;
  if (reply.type !== 'failure' && reply.type !== 'death') throw new Error(`the workbench answers "${reply.type}"`);
  throw failureError(reply, path);
}
