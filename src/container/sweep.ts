/** Clears away what killed processes left in the store: containers nobody runs any more, and images half read. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Paths } from '../host/paths.ts';
import { containersDirectory } from './container-directory.ts';
import { sweepContainer } from './remove-container.ts';

/** After a kill -9 of a command, of a monitor, or of the machine. Two readdirs when nothing died; the living are left alone. */
export async function sweep(paths: Paths): Promise<void> {
  for (const id of entries(containersDirectory(paths))) await sweepContainer(paths, id);
  // Loaded only when somebody was killed while reading an image, or is reading one now.
  if (entries(join(paths.store, 'pending')).length > 0) {
    const { sweepStore } = await import('../image/store/sweep.ts');
    await sweepStore(paths);
  }
}

function entries(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch {
    // No store yet.
    return [];
  }
}
