/** `start --all`: those that do not run, after a reboot for example. */
import type { Paths } from '../../host/paths.ts';
import type { RestartPolicy } from '../request/restart.ts';
import { sweep } from '../sweep.ts';
import type { KeptContainer } from './kept-container.ts';
import { listKept } from './list-kept.ts';
import { isOver } from './prune-kept.ts';
import { wasStopped } from './restart-files.ts';

/**
 * In the order in which they were made. With policies: those that have one of them and would have been started again by it.
 *
 * @param policies null: all
 */
export async function stoppedContainers(
  paths: Paths,
  policies: readonly RestartPolicy['name'][] | null,
): Promise<readonly KeptContainer[]> {
  // What the machine took along is written down first.
  await sweep(paths);
  const over = listKept(paths).filter(isOver).toReversed();
  return policies === null ? over : over.filter((container) => policies.some((name) => wouldStart(container, name)));
}

function wouldStart({ kept, state, path }: KeptContainer, asked: RestartPolicy['name']): boolean {
  const { name } = kept.request.restart;
  if (name !== asked || state.status === 'created') return false;
  switch (name) {
    case 'no':
    case 'always':
      return true;
    case 'unless-stopped':
      return !wasStopped(path);
    case 'on-failure':
      return !wasStopped(path) && state.status === 'exited' && !(state.end.type === 'seen' && state.end.exitCode === 0);
  }
}
