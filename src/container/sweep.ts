/** Clears away what killed processes left in the store: containers nobody runs any more, and images half read. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Paths } from '../host/paths.ts';
import { listContainerIds } from './container-directory.ts';
import { sweepContainer } from './remove-container.ts';

/** After a kill -9 of a command, of a monitor, or of the machine. Two readdirs when nothing died; the living are left alone. */
export async function sweep(paths: Paths): Promise<void> {
  for (const id of listContainerIds(paths)) await sweepContainer(paths, id);
  await sweepImages(paths);
}

/** The half of it that is not about containers. */
export async function sweepImages(paths: Paths): Promise<void> {
  // Loaded only when somebody was killed while reading an image, or is reading one now.
  if (hasPending(paths)) {
    const { sweepStore } = await import('../image/store/sweep.ts');
    await sweepStore(paths);
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
