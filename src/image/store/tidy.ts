/** The sweeper, called by every command that opens the store, and loaded only when something died in it. */
import type { Paths } from '../../host/paths.ts';
import { storeLayout } from './layout.ts';
import { hasMarks } from './pending.ts';

/** Sweeps when a process left a mark. A failure is the next command's to try again: it must not stop this one. */
export async function tidyStore(paths: Paths): Promise<void> {
  if (!hasMarks(storeLayout(paths))) return;
  const { sweepStore } = await import('./sweep.ts');
  await sweepStore(paths).catch(() => undefined);
}
