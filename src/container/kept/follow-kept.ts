/** A kept container as it is, again and again: whenever one of its files changes, and when those who keep it going end. */
import { type FSWatcher, watch } from 'node:fs';
import type { Paths } from '../../host/paths.ts';
import { ProcessHandle } from '../../process/process-handle.ts';
import { isUp, type KeptContainer, needsSettling, readKept } from './kept-container.ts';
import { isProcess, type ProcessIdentity } from './monitor-files.ts';
import { settleKept } from './settle.ts';

/** Milliseconds. Its processes have ended, and somebody is about to write that down: if that one is killed too, nothing tells us. */
const lookAgain = 20;

/**
 * Yields at once, and then after each change; null when the container is gone. An end that nobody saw changes no file, and nobody else
 * may come to find it: it is written down here.
 *
 * @param signal ends it
 */
export async function* followKept(
  paths: Paths,
  { id, path }: KeptContainer,
  signal: AbortSignal,
): AsyncGenerator<KeptContainer | null> {
  const bell = new Bell();
  const watcher = watchDirectory(path, bell.ring);
  if (watcher === null) {
    yield null;
    return;
  }
  // A directory that goes while it is looked at: the next reading finds that.
  watcher.on('error', bell.ring);
  signal.addEventListener('abort', bell.ring);
  using keepers = new Keepers(bell.ring);
  try {
    while (!signal.aborted) {
      bell.listen();
      const found = readKept(paths, id);
      const now = found !== null && needsSettling(found) ? await settled(paths, found) : found;
      const nobody = now !== null && isUp(now) && !keepers.are(keepersOf(now));
      yield now;
      await bell.rung(nobody ? lookAgain : null);
    }
  } finally {
    watcher.close();
    signal.removeEventListener('abort', bell.ring);
  }
}

/** null: there is none any more. */
function watchDirectory(path: string, changed: () => void): FSWatcher | null {
  try {
    return watch(path, changed);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return null;
  }
}

async function settled(paths: Paths, { id }: KeptContainer): Promise<KeptContainer | null> {
  await settleKept(paths, id);
  return readKept(paths, id);
}

/** Those without whom it does not stay as it is. */
function keepersOf({ state }: KeptContainer): readonly ProcessIdentity[] {
  switch (state.status) {
    case 'running':
    case 'paused':
      return [state.running.process, state.running.monitor];
    case 'restarting':
      return [state.restarting.waiting];
    case 'created':
    case 'exited':
      return [];
  }
}

/** One that has rung before somebody waits is heard all the same. */
class Bell {
  #hasRung = false;
  #wake = (): void => {};

  readonly ring = (): void => {
    this.#hasRung = true;
    this.#wake();
  };

  /** What rings from now on counts. */
  listen(): void {
    this.#hasRung = false;
  }

  /** @param patience milliseconds; null: for ever */
  async rung(patience: number | null): Promise<void> {
    if (this.#hasRung) return;
    await new Promise<void>((resolve) => {
      const timer = patience === null ? null : setTimeout(resolve, patience);
      this.#wake = () => {
        if (timer !== null) clearTimeout(timer);
        resolve();
      };
    });
  }
}

/** Processes whose end rings. They are the same for as long as a container prints, and are looked for once. */
class Keepers implements Disposable {
  readonly #ring: () => void;
  #watched = '';
  #handles: readonly ProcessHandle[] = [];
  #leave = new AbortController();

  constructor(ring: () => void) {
    this.#ring = ring;
  }

  /** @returns whether one of them lives */
  are(keepers: readonly ProcessIdentity[]): boolean {
    const watched = keepers.map(({ pid, startTime }) => `${pid} ${startTime}`).join();
    if (watched !== this.#watched) this.#watch(keepers);
    this.#watched = watched;
    return this.#handles.length > 0;
  }

  #watch(keepers: readonly ProcessIdentity[]): void {
    this[Symbol.dispose]();
    this.#leave = new AbortController();
    this.#handles = keepers.flatMap((keeper) => ProcessHandle.open(keeper.pid, () => isProcess(keeper)) ?? []);
    for (const handle of this.#handles) {
      void handle.ended(Number.POSITIVE_INFINITY, this.#leave.signal).then((hasEnded) => {
        if (hasEnded) this.#ended(handle);
      });
    }
  }

  #ended(handle: ProcessHandle): void {
    if (!this.#handles.includes(handle)) return;
    this.#handles = this.#handles.filter((other) => other !== handle);
    handle[Symbol.dispose]();
    this.#ring();
  }

  [Symbol.dispose](): void {
    this.#leave.abort();
    for (const handle of this.#handles) handle[Symbol.dispose]();
    this.#handles = [];
  }
}
