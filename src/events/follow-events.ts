/** Reads the file `events`, and goes on as it grows. A reader only reads: it may be as slow as it likes. */
import { closeSync, fstatSync, openSync, readSync, statSync, watch } from 'node:fs';
import { makeDirectory } from '../host/make-directory.ts';
import { type Event, parseEvent } from './event.ts';
import { eventsFile, olderEventsFile } from './record-events.ts';

/**
 * Yields what there is, in the order in which it was written, as lists so that a caller can print one at once.
 *
 * @param signal ends the following; null: only what there is now
 */
export async function* readEvents(state: string, signal: AbortSignal | null): AsyncGenerator<readonly Event[]> {
  if (signal === null) {
    using files = new EventFiles(state);
    yield files.take();
    return;
  }
  makeDirectory(state, 0o700);
  let wake = (): void => {};
  let changed = true;
  const stir = (): void => {
    changed = true;
    wake();
  };
  // Before the first look: what comes in between is seen by one of the two.
  const watcher = watch(state, stir);
  signal.addEventListener('abort', stir);
  try {
    using files = new EventFiles(state);
    while (!signal.aborted) {
      if (!changed) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      changed = false;
      yield files.take();
    }
  } finally {
    watcher.close();
    signal.removeEventListener('abort', stir);
  }
}

/**
 * The file that has the name, and the one that had it before: a writer that opened it then may still write into it. Only a
 * writer that sleeps from its open to its write for as long as a whole file takes to fill is not heard.
 */
class EventFiles implements Disposable {
  readonly #state: string;
  #older: EventFile | null;
  #current: EventFile | null;

  constructor(state: string) {
    this.#state = state;
    // This one first: if it gets its other name in between it is read twice at worst, and that is looked at.
    const current = EventFile.open(eventsFile(state));
    const older = EventFile.open(olderEventsFile(state));
    this.#current = current;
    this.#older = older !== null && older.inode === current?.inode ? null : older;
  }

  /** What is new. */
  take(): readonly Event[] {
    const events = [...(this.#older?.take() ?? []), ...(this.#current?.take() ?? [])];
    while (inodeOf(eventsFile(this.#state)) !== (this.#current?.inode ?? null)) {
      const next = EventFile.open(eventsFile(this.#state));
      // Between the renaming and the next writer.
      if (next === null) break;
      events.push(...(this.#current?.take() ?? []));
      if (this.#current !== null) {
        this.#older?.[Symbol.dispose]();
        this.#older = this.#current;
      }
      this.#current = next;
      events.push(...next.take());
    }
    return events;
  }

  [Symbol.dispose](): void {
    this.#older?.[Symbol.dispose]();
    this.#current?.[Symbol.dispose]();
  }
}

function inodeOf(path: string): number | null {
  return statSync(path, { throwIfNoEntry: false })?.ino ?? null;
}

class EventFile implements Disposable {
  readonly inode: number;
  readonly #fd: number;
  /** The beginning of a line whose end was not there yet. */
  #rest = Buffer.alloc(0);

  private constructor(fd: number) {
    this.#fd = fd;
    this.inode = fstatSync(fd).ino;
  }

  /** null: there is none. */
  static open(path: string): EventFile | null {
    try {
      return new EventFile(openSync(path, 'r'));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
      throw error;
    }
  }

  take(): readonly Event[] {
    const chunk = Buffer.alloc(65_536);
    const events: Event[] = [];
    for (;;) {
      const size = readSync(this.#fd, chunk);
      if (size === 0) return events;
      const bytes = Buffer.concat([this.#rest, chunk.subarray(0, size)]);
      const end = bytes.lastIndexOf('\n') + 1;
      this.#rest = bytes.subarray(end);
      for (const line of bytes.toString('utf8', 0, end).split('\n')) {
        const event = parseEvent(line);
        if (event !== null) events.push(event);
      }
    }
  }

  [Symbol.dispose](): void {
    closeSync(this.#fd);
  }
}
