/** Changes what is written down of a kept container, whether it runs or not; of one that runs the change is made at once. */
import { closeSync } from 'node:fs';
import { TsrunError } from '../../errors/tsrun-error.ts';
import type { Paths } from '../../host/paths.ts';
import { changeFiles } from './change-files.ts';
import { type KeptContainer, readKept } from './kept-container.ts';
import { lockKept } from './lock.ts';

export type LiveContainer = KeptContainer & {
  readonly state: Extract<KeptContainer['state'], { readonly status: 'running' | 'paused' }>;
};

/** Both may be called again, when the container was started or ended meanwhile. */
export interface KeptChange<Result> {
  /** It does not run; who starts it reads what is written. */
  stopped(container: KeptContainer): Result;
  running(container: LiveContainer): Promise<Result>;
}

/** @throws TsrunError CONTAINER_NOT_FOUND, and what the change throws */
export async function changeKept<Result>(
  paths: Paths,
  found: KeptContainer,
  change: KeptChange<Result>,
): Promise<Result> {
  for (let container: KeptContainer | null = found; container !== null; container = readKept(paths, found.id)) {
    const locked = await lockKept(paths, container);
    if (locked !== null) {
      try {
        return await changeFiles(locked.container, () => change.stopped(locked.container));
      } finally {
        closeSync(locked.lock);
      }
    }
    const made = await changeFiles(container, () => changeRunning(paths, found.id, change));
    if (made !== null) return made.result;
  }
  throw new TsrunError('CONTAINER_NOT_FOUND', `no such container: ${found.name}`);
}

/** null: it does not run, or has ended meanwhile, and may be starting again with what it had. */
async function changeRunning<Result>(
  paths: Paths,
  id: string,
  change: KeptChange<Result>,
): Promise<{ readonly result: Result } | null> {
  // Looked at once more, now that nobody else changes it.
  const container = readKept(paths, id);
  // Who starts it reads it then.
  if (container?.state.status === 'restarting') return { result: change.stopped(container) };
  if (container === null || !isLive(container)) return null;
  const result = await change.running(container);
  return isSameRun(container, readKept(paths, id)) ? { result } : null;
}

const isLive = (container: KeptContainer): container is LiveContainer =>
  container.state.status === 'running' || container.state.status === 'paused';

/** Whether it has not ended since, nor been started again. */
export const isSameRun = ({ state: before }: LiveContainer, now: KeptContainer | null): boolean =>
  now !== null &&
  isLive(now) &&
  now.state.running.boot === before.running.boot &&
  now.state.running.process.pid === before.running.process.pid &&
  now.state.running.process.startTime === before.running.process.startTime;
