/** `wait --condition`: until a container is in some state, podman's words. */
import { watch } from 'node:fs';
import { TsrunError } from '../../errors/tsrun-error.ts';
import type { Paths } from '../../host/paths.ts';
import { type KeptContainer, readKept } from './kept-container.ts';
import { settleKept } from './settle.ts';
import { waitKept } from './stop-kept.ts';

export const waitConditions = ['running', 'paused', 'healthy', 'unhealthy', 'stopped', 'exited', 'removing'] as const;
export type WaitCondition = (typeof waitConditions)[number];

/** One that is killed together with its monitor changes no file. */
const lookAgain = 1000;

/**
 * Resolves with the exit code where it has ended, and with -1 where it lives.
 *
 * @param signal ends the wait; rejects with its reason
 * @throws TsrunError CONTAINER_STATE when it can come to that no more
 */
export async function waitCondition(
  paths: Paths,
  found: KeptContainer,
  condition: WaitCondition,
  exitCode: (end: NonNullable<Awaited<ReturnType<typeof waitKept>>>) => number,
  signal: AbortSignal | null = null,
): Promise<number> {
  if (condition === 'stopped' || condition === 'exited') {
    const end = await waitKept(paths, found, signal);
    return end === null ? 0 : exitCode(end);
  }
  if (condition.endsWith('healthy') && found.kept.health === null) {
    throw impossible(found, condition, 'nobody looks how it is', 'give it a --health-cmd');
  }
  let wake = (): void => {};
  let changed = false;
  const stir = (): void => {
    changed = true;
    wake();
  };
  const watcher = watch(found.path, stir);
  signal?.addEventListener('abort', stir);
  try {
    for (;;) {
      signal?.throwIfAborted();
      changed = false;
      const now = readKept(paths, found.id);
      if (now === null) {
        if (condition === 'removing') return -1;
        throw impossible(found, condition, 'it was removed', 'see what happened: tsrun events --since 1h --until 0s');
      }
      // One of --rm whose monitor was killed at the end is not removed by anybody else.
      if (now.state.status === 'exited' && (await settleKept(paths, found.id))) continue;
      if (isMet(now, condition)) return -1;
      if (now.state.status === 'exited' && condition !== 'running' && condition !== 'removing') {
        throw impossible(found, condition, 'it has ended', `see what it printed: tsrun logs ${found.name}`);
      }
      if (changed) continue;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, lookAgain);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  } finally {
    watcher.close();
    signal?.removeEventListener('abort', stir);
  }
}

function isMet({ state, health }: KeptContainer, condition: Exclude<WaitCondition, 'stopped' | 'exited'>): boolean {
  switch (condition) {
    case 'running':
    case 'paused':
      return state.status === condition;
    case 'healthy':
    case 'unhealthy':
      return health?.status === condition;
    case 'removing':
      return false;
  }
}

const impossible = ({ name }: KeptContainer, condition: WaitCondition, why: string, hint: string): TsrunError =>
  new TsrunError('CONTAINER_STATE', `cannot wait until container "${name}" is ${condition}`, { why, hint });
