/** Waits for cgroup.events to say something: the kernel changes the file, inotify tells. */
import { readFileSync, watch } from 'node:fs';

/** What cgroup.events says; both false once the group is gone. */
export interface GroupEvents {
  /** A process lives in the group or below. */
  readonly populated: boolean;
  /** Every process of it has stopped. */
  readonly frozen: boolean;
}

export const groupEventsFile = (group: string): string => `${group}/cgroup.events`;

export const parseGroupEvents = (text: string): GroupEvents => ({
  populated: /^populated 1$/m.test(text),
  frozen: /^frozen 1$/m.test(text),
});

/** Reads once. A group that is gone holds nothing. */
export function groupEvents(path: string): GroupEvents {
  let text = '';
  try {
    text = readFileSync(groupEventsFile(path), 'utf8');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code !== 'ENOENT' && code !== 'ENODEV') throw cause;
  }
  return parseGroupEvents(text);
}

/**
 * Resolves with true as soon as `reached` holds, with false when it does not within `patience` milliseconds.
 *
 * @param path directory of the group
 */
export async function groupReaches(
  path: string,
  reached: (events: GroupEvents) => boolean,
  patience: number,
): Promise<boolean> {
  if (reached(groupEvents(path))) return true;
  const deadline = AbortSignal.timeout(patience);
  const changes = new ChangeSignal();
  let watcher: ReturnType<typeof watch>;
  try {
    watcher = watch(groupEventsFile(path), { persistent: true }, () => changes.fire());
  } catch (cause) {
    // Gone between the two.
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return reached(groupEvents(path));
    throw cause;
  }
  // The group itself may go away under us.
  watcher.on('error', () => changes.fire());
  deadline.addEventListener('abort', () => changes.fire());
  try {
    // The first look is after the watch began, so no change can be missed.
    while (!reached(groupEvents(path))) {
      if (deadline.aborted) return false;
      await changes.next();
    }
    return true;
  } finally {
    watcher.close();
  }
}

/** Remembers a change that comes while nobody waits. */
class ChangeSignal {
  #pending = false;
  #wake: (() => void) | null = null;

  fire(): void {
    this.#pending = true;
    this.#wake?.();
  }

  async next(): Promise<void> {
    if (!this.#pending) await new Promise<void>((resolve) => (this.#wake = resolve));
    this.#pending = false;
    this.#wake = null;
  }
}
