/** Clears away what killed processes left in the store: containers nobody runs any more, their networks, and images half read. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Paths } from '../host/paths.ts';
import { leasesRoot } from '../network/networks-lock.ts';
import { listContainerIds } from './container-directory.ts';
import { sweepContainer } from './remove-container.ts';

/** After a kill -9 of a command, of a monitor, or of the machine. Two readdirs when nothing died; the living are left alone. */
export async function sweep(paths: Paths): Promise<void> {
  for (const id of listContainerIds(paths)) await sweepContainer(paths, id);
  await sweepRest(paths);
}

/** The half of it that is not about containers. */
export async function sweepRest(paths: Paths): Promise<void> {
  // Loaded only when somebody was killed over the last of a network's containers, or works on it now.
  if (hasEmptyNetwork(paths)) await (await import('./networks.ts')).lowerEmptyNetworks(paths);
  // Loaded only when somebody was killed while reading an image, or is reading one now.
  if (hasPending(paths)) {
    const { sweepStore } = await import('../image/store/sweep.ts');
    await sweepStore(paths);
  }
}

/** One with a mark and no lease. */
function hasEmptyNetwork(paths: Paths): boolean {
  const inside = (path: string): readonly string[] => readdirSync(path).filter((name) => !name.startsWith('.'));
  try {
    const root = leasesRoot(paths);
    return inside(root).some((name) => inside(join(root, name)).length === 0);
  } catch {
    // No network yet, or its last container goes at this moment.
    return false;
  }
}

function hasPending(paths: Paths): boolean {
  try {
    return readdirSync(join(paths.store, 'pending')).length > 0;
  } catch {
    // No store yet.
    return false;
  }
}
