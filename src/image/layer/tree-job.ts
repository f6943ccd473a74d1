/** A job of the workbench on a whole tree, which the caller's own process may not be able to read. */
import type { UserNamespace } from '../../plan/host-facts.ts';
import { failureError } from './failure.ts';
import type { Reply } from './replies.ts';
import { Workbench } from './workbench.ts';

/**
 * @param path absolute
 * @param mapping the user namespace whose ids own the tree
 * @throws TsrunError STORE
 */
export async function treeJob(
  job: 'measure' | 'remove',
  path: string,
  mapping: UserNamespace,
): Promise<Extract<Reply, { type: 'done' }>> {
  const bench = new Workbench({
    job: ['workbench', job],
    // Root owns everything in its own namespace, also what belongs to a container's.
    mapping: process.geteuid?.() === 0 ? { type: 'host' } : mapping,
    words: [path],
    writes: false,
    process: null,
  });
  const reply = await bench.reply();
  await bench.finished();
  if (reply.type === 'done') return reply;
  if (reply.type !== 'failure' && reply.type !== 'death') throw new Error(`the workbench answers "${reply.type}"`);
  throw failureError(reply, path);
}
