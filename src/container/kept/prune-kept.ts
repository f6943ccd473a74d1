/** Removes all containers that do not run. */
import { TsrunError } from '../../errors/tsrun-error.ts';
import { pruneEvent } from '../../events/event.ts';
import { recordEvents } from '../../events/record-events.ts';
import type { Paths } from '../../host/paths.ts';
import { writableSize } from './container-size.ts';
import type { KeptContainer } from './kept-container.ts';
import { listKept } from './list-kept.ts';
import { removeKept } from './remove-kept.ts';

export interface PrunedContainers {
  readonly ids: readonly string[];
  /** Bytes in their writable layers. */
  readonly freed: number;
}

/**
 * One that is started or removed meanwhile is left to whoever does that.
 *
 * @param isMeant which of those that do not run
 */
export async function pruneKept(
  paths: Paths,
  isMeant: (container: KeptContainer) => boolean,
): Promise<PrunedContainers> {
  const ids: string[] = [];
  let freed = 0;
  for (const container of listKept(paths)) {
    if (!isOver(container) || !isMeant(container)) continue;
    const bytes = await writableSize(paths, container);
    if (!(await removed(paths, container))) continue;
    ids.push(container.id);
    freed += bytes;
  }
  recordEvents(paths.state, [pruneEvent('container', freed)]);
  return { ids, freed };
}

export const isOver = ({ state }: KeptContainer): boolean => state.status === 'created' || state.status === 'exited';

async function removed(paths: Paths, container: KeptContainer): Promise<boolean> {
  try {
    await removeKept(paths, container, { running: 'refuse', extent: 'container' });
    return true;
  } catch (error) {
    if (error instanceof TsrunError && ['CONTAINER_STATE', 'CONTAINER_NOT_FOUND'].includes(error.code)) return false;
    throw error;
  }
}
