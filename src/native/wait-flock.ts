/** flock(2) with waiting, that a thread of the pool is not lost to. */
import { setTimeout as delay } from 'node:timers/promises';
import { addon } from './addon.ts';

/**
 * Asks again and again instead of a blocking flock: a thread that hangs in one cannot be called back by an AbortSignal, and
 * four of them would stop every file operation of the process.
 *
 * @param ask null: not yet
 * @param signal ends the wait; rejects with its reason. null: nobody can
 */
export async function askAgain<T>(ask: () => T | null, signal: AbortSignal | null): Promise<T> {
  for (let pause = 1; ; pause = Math.min(pause * 2, 20)) {
    signal?.throwIfAborted();
    const answer = ask();
    if (answer !== null) return answer;
    await (signal === null ? delay(pause) : delay(pause, undefined, { signal }).catch(() => signal.throwIfAborted()));
  }
}

/** Waits until an opened file is locked. */
export async function waitFlock(fd: number, how: 'shared' | 'exclusive', signal: AbortSignal | null): Promise<void> {
  await askAgain(() => addon().flock(fd, how) || null, signal);
}
