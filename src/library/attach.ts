/** `attach`: a running container's streams from now on. Whoever reads slowly misses output; the container never waits. */
import { Readable, Writable } from 'node:stream';
import { containerEvents } from '../container/container-events.ts';
import type { ContainerExit } from '../container/exit.ts';
import { type Attached, attachKept } from '../container/kept/attach-kept.ts';
import { actorOf } from '../container/kept/kept-container.ts';
import { waitKept } from '../container/kept/stop-kept.ts';
import { parseTerminalSize, type TerminalSize } from '../container/terminal-size.ts';
import { type Abortable, aborted } from './abort.ts';
import { now, type Stored } from './stored.ts';

/** How a program attaches. */
export interface AttachOptions extends Abortable {
  /** This many bytes of output were not kept for us, because we read too slowly; what comes next follows them. */
  readonly onMissed?: (bytes: number) => void;
}

/** A connection to a container's streams. Leaving the scope of an `await using` detaches; the container goes on. */
export interface Attachment extends AsyncDisposable {
  /** Reaches the container if it was made with `interactive`. `end()` ends its input. */
  readonly stdin: Writable;
  /**
   * What is printed from now on; of a container with a terminal, all of it. At most 64 KiB wait here, and as much as a socket holds: then
   * output is missed. Both streams wait together: one that is of no interest has to be let flow, with `resume()`.
   */
  readonly stdout: Readable;
  /** As `stdout`; nothing of a container with a terminal. */
  readonly stderr: Readable;
  /** Bytes of output that were not kept for us so far. */
  readonly missed: number;
  /** How the container ended; null: somebody detached, or nobody could say how. */
  readonly exit: Promise<ContainerExit | null>;
  /**
   * The size of its terminal, for everybody who is attached.
   *
   * @throws TsrunError USAGE for a size that is none
   */
  resize(size: TerminalSize): void;
}

export async function attach(stored: Stored, options: AttachOptions): Promise<Attachment> {
  const { signal, onMissed } = options;
  if (signal?.aborted) throw aborted(`attaching to "${stored.name}"`, signal);
  const container = now(stored);
  const output = new BoundedOutput();
  let missed = 0;
  const attached = await attachKept(container, {
    output: (stream, bytes) => output.take(stream, bytes),
    missed: (bytes) => {
      missed += bytes;
      onMissed?.(bytes);
    },
  });
  output.comesFrom(attached);
  const actor = actorOf(container);
  containerEvents(stored.paths, actor, ['attach']);
  const stdin = inputOf(attached);
  let isLeft = false;
  const leave = (): void => {
    if (isLeft) return;
    isLeft = true;
    attached.close();
    containerEvents(stored.paths, actor, ['detach']);
  };
  const exit = attached.closed.then(async (end) => {
    signal?.removeEventListener('abort', leave);
    output.end();
    stdin.destroy();
    if (end !== null || isLeft) return end;
    isLeft = true;
    // Its monitor was killed, or this process was too slow for its last word.
    const found = await waitKept(stored.paths, container);
    return found?.type === 'seen' ? { exitCode: found.exitCode, signal: found.signal } : null;
  });
  exit.catch(() => {});
  signal?.addEventListener('abort', leave, { once: true });
  // It may have fired while the socket was made.
  if (signal?.aborted) leave();
  return {
    stdin,
    stdout: output.stdout,
    stderr: output.stderr,
    get missed() {
      return missed;
    },
    exit,
    resize: (size) => {
      const { rows, columns } = parseTerminalSize(size);
      attached.resize(rows, columns);
    },
    [Symbol.asyncDispose]: async () => {
      leave();
      await attached.closed;
    },
  };
}

/** Two streams of one socket: as long as one of them is full, nothing is read, and the other end counts. */
class BoundedOutput {
  readonly stdout = this.#stream();
  readonly stderr = this.#stream();
  readonly #full = new Set<Readable>();
  #attached: Attached | null = null;

  comesFrom(attached: Attached): void {
    this.#attached = attached;
    if (this.#full.size > 0) attached.pause();
  }

  take(name: 'stdout' | 'stderr', bytes: Buffer): void {
    const stream = this[name];
    // Its reader has had enough of it.
    if (stream.destroyed || stream.push(bytes)) return;
    this.#full.add(stream);
    this.#attached?.pause();
  }

  end(): void {
    for (const stream of [this.stdout, this.stderr]) if (!stream.destroyed) stream.push(null);
  }

  #stream(): Readable {
    const goOn = (stream: Readable): void => {
      if (this.#full.delete(stream) && this.#full.size === 0) this.#attached?.resume();
    };
    return new Readable({
      highWaterMark: 65_536,
      read() {
        goOn(this);
      },
      destroy(error, callback) {
        goOn(this);
        callback(error);
      },
    });
  }
}

const inputOf = (attached: Attached): Writable =>
  new Writable({
    write: (chunk: Buffer, _, callback) => {
      attached.write(chunk).then(() => callback(), callback);
    },
    final: (callback) => {
      attached.end();
      callback();
    },
  });
