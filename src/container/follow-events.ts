/** What happens, as it happens; for as long as somebody listens, also what a killed monitor cannot tell. */
import type { Event } from '../events/event.ts';
import { readEvents } from '../events/follow-events.ts';
import type { Paths } from '../host/paths.ts';
import { isUp, type KeptContainer, readKept } from './kept/kept-container.ts';
import { listKept } from './kept/list-kept.ts';
import { waitKept } from './kept/stop-kept.ts';

/**
 * {@link readEvents}, and who waits for a container whose monitor is killed writes down that it has ended, and tells it.
 *
 * @param signal ends the following; null: only what there is now
 */
export async function* followEvents(paths: Paths, signal: AbortSignal | null): AsyncGenerator<readonly Event[]> {
  if (signal === null) {
    yield* readEvents(paths.state, null);
    return;
  }
  using waits = new Waits(paths);
  for (const container of listKept(paths)) waits.add(container);
  for await (const events of readEvents(paths.state, signal)) {
    for (const { type, action, id } of events)
      if (type === 'container' && action === 'start') waits.add(readKept(paths, id));
    yield events;
  }
}

/** One for each container that runs; it sleeps until the end of that. */
class Waits implements Disposable {
  readonly #paths: Paths;
  readonly #leave = new AbortController();
  readonly #awaited = new Set<string>();

  constructor(paths: Paths) {
    this.#paths = paths;
  }

  /** @param container null: it has gone since it was started */
  add(container: KeptContainer | null): void {
    if (container === null || !isUp(container) || this.#awaited.has(container.id)) return;
    const { id } = container;
    this.#awaited.add(id);
    // Whatever is in its way: it has not been told of, as without us.
    const forget = (): void => void this.#awaited.delete(id);
    waitKept(this.#paths, container, this.#leave.signal).then(forget, forget);
  }

  [Symbol.dispose](): void {
    this.#leave.abort();
  }
}
