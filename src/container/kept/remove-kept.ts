/** `rm`: what is left of a container that has ended, or with force the container itself. */
import { closeSync } from 'node:fs';
import { TsrunError } from '../../errors/tsrun-error.ts';
import type { Paths } from '../../host/paths.ts';
import { removeContainer } from '../remove-container.ts';
import { type KeptContainer, readKept } from './kept-container.ts';
import { lockKept } from './lock.ts';
import { endKept } from './stop-kept.ts';

const sigkill = 9;

/**
 * @param force ends it first
 * @throws TsrunError CONTAINER_STATE when it runs and may not be ended
 */
export async function removeKept(paths: Paths, found: KeptContainer, force: boolean): Promise<void> {
  for (let container: KeptContainer | null = found; container !== null; container = readKept(paths, found.id)) {
    const locked = await lockKept(paths, container);
    if (locked !== null) {
      try {
        await removeContainer(paths, found.id);
      } finally {
        closeSync(locked.lock);
      }
      return;
    }
    if (!force) {
      throw new TsrunError('CONTAINER_STATE', `cannot remove container "${found.name}"`, {
        why: 'it is running',
        hint: `stop it first, or use --force: tsrun rm -f ${found.name}`,
      });
    }
    await endKept(paths, container, { signal: sigkill, patience: 0 });
  }
}
