/** `--pidfd-socket`: a client's socket that gets a pidfd of the new process, as runc sends it. */
import { closeSync } from 'node:fs';
import { resolve } from 'node:path';
import { TsrunError } from '../../errors/tsrun-error.ts';
import { addon } from '../../native/addon.ts';

/** A connection, made before there is anything that would have to be undone. */
export class PidfdSocket {
  readonly #socket: number | null;
  readonly #path: string;
  /** runc's words for the first process of a container and for one more. */
  readonly #word: 'standard' | 'setns';

  /**
   * @param path null: nobody asked, and nothing is sent
   * @throws TsrunError USAGE when nobody listens
   */
  constructor(path: string | null, word: 'standard' | 'setns') {
    this.#path = path ?? '';
    this.#word = word;
    try {
      this.#socket = path === null ? null : addon().connectStream(resolve(path));
    } catch (cause) {
      throw new TsrunError('USAGE', `cannot connect to the pidfd socket "${path}"`, {
        why: (cause as Error).message,
        hint: 'somebody has to listen there, on a stream socket, before the runtime is called',
        cause,
      });
    }
  }

  /**
   * Once: the connection is closed then.
   *
   * @throws TsrunError when the client has gone
   */
  send(pidfd: number): void {
    if (this.#socket === null) return;
    try {
      addon().sendDescriptor(this.#socket, this.#word, pidfd);
    } catch (cause) {
      throw new TsrunError('STEP_FAILED', `cannot send a pidfd to "${this.#path}"`, {
        why: (cause as Error).message,
        cause,
      });
    } finally {
      closeSync(this.#socket);
    }
  }
}
