/** A process that is not our child: told things and waited for through a pidfd, so that a number given anew is never meant. */
import { closeSync } from 'node:fs';
import { errnoName } from '../errors/errno.ts';
import { addon } from '../native/addon.ts';
import { whenPatienceEnds } from './patience.ts';

const hasEnded = (error: unknown): boolean => errnoName((error as NodeJS.ErrnoException).errno ?? 0) === 'ESRCH';

export class ProcessHandle implements Disposable {
  readonly #fd: number;

  private constructor(fd: number) {
    this.#fd = fd;
  }

  /**
   * @param isIt asked once the process can be no other any more: whether it is the one that was meant
   * @returns null when it has ended
   */
  static open(pid: number, isIt: () => boolean): ProcessHandle | null {
    let fd: number;
    try {
      fd = addon().pidfdOpen(pid);
    } catch (error) {
      if (hasEnded(error)) return null;
      throw error;
    }
    if (isIt()) return new ProcessHandle(fd);
    closeSync(fd);
    return null;
  }

  /** One that has ended takes no signal, and that is no error. */
  signal(signal: number): void {
    try {
      addon().pidfdSignal(this.#fd, signal);
    } catch (error) {
      if (!hasEnded(error)) throw error;
    }
  }

  /**
   * @param patience milliseconds; Infinity: for ever
   * @param signal ends the patience
   * @returns whether it ended before the patience did
   */
  ended(patience: number, signal: AbortSignal | null = null): Promise<boolean> {
    if (signal?.aborted) return Promise.resolve(false);
    return new Promise((resolve) => {
      let timer: NodeJS.Timeout | null = null;
      const settle = (hasEnded: boolean): void => {
        if (timer !== null) clearTimeout(timer);
        signal?.removeEventListener('abort', leave);
        resolve(hasEnded);
      };
      const giveUp = addon().pidfdWatch(this.#fd, () => settle(true));
      const leave = (): void => {
        giveUp();
        settle(false);
      };
      signal?.addEventListener('abort', leave, { once: true });
      timer = whenPatienceEnds(patience, leave);
    });
  }

  [Symbol.dispose](): void {
    closeSync(this.#fd);
  }
}
