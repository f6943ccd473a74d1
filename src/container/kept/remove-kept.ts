/** `rm`: what is left of a container that has ended, or with force the container itself. */
import { closeSync } from 'node:fs';
import { TsrunError } from '../../errors/tsrun-error.ts';
import type { Paths } from '../../host/paths.ts';
import { type RemovalExtent, removeContainer } from '../remove-container.ts';
import { type KeptContainer, readKept } from './kept-container.ts';
import { lockKept } from './lock.ts';
import { endKept } from './stop-kept.ts';

const sigkill = 9;

/**
 * @param how.running what is done about one that runs
 * @param how.extent of one that was made with `--rm` the anonymous volumes go in any case
 * @throws TsrunError CONTAINER_STATE when it runs and may not be ended
 */
export async function removeKept(
  paths: Paths,
  found: KeptContainer,
  how: { readonly running: 'end' | 'refuse'; readonly extent: RemovalExtent },
): Promise<void> {
  for (let container: KeptContainer | null = found; container !== null; container = readKept(paths, found.id)) {
    const locked = await lockKept(paths, container);
    if (locked !== null) {
      try {
        // About to be started again by a command that has not locked it yet; that one finds nothing to start.
        if (how.running === 'refuse') refuseUp(locked.container);
        const { removal } = locked.container.kept;
        await removeContainer(paths, found.id, removal === 'at-end' ? 'anonymous-volumes-too' : how.extent);
      } finally {
        closeSync(locked.lock);
      }
      return;
    }
    if (how.running === 'refuse') throw isRunning(container);
    await endKept(paths, container, { signal: sigkill, patience: 0 });
  }
}

function refuseUp(container: KeptContainer): void {
  if (container.state.status === 'restarting') throw isRunning(container);
}

const isRunning = ({ name, state }: KeptContainer): TsrunError =>
  new TsrunError('CONTAINER_STATE', `cannot remove container "${name}"`, {
    why: state.status === 'restarting' ? 'it is about to be started again' : 'it is running',
    hint: `stop it first, or use --force: tsrun rm -f ${name}`,
  });
