/** Waiting before another try: RFC 9110 10.2.3, and docker's numbers. */
import { setTimeout as delay } from 'node:timers/promises';
import type { ImageProgress } from '../progress.ts';

/** Tries for one request, the first included. */
const maxAttempts = 5;
/** Milliseconds. */
const longestWait = 60_000;

/** Statuses that may be others in a moment. */
export const isPassing = (status: number): boolean =>
  status === 429 || status === 408 || (status >= 500 && status !== 501);

/** Milliseconds that a registry asks us to wait; null: it does not say. */
export function retryAfter(header: string | null, now = Date.now()): number | null {
  if (header === null) return null;
  if (/^\d+$/.test(header)) return Math.min(Number(header) * 1000, longestWait);
  const at = Date.parse(header);
  return Number.isNaN(at) ? null : Math.min(Math.max(0, at - now), longestWait);
}

/** Tells whoever watches that nothing happens for a while. */
export type OnWait = (event: Extract<ImageProgress, { type: 'wait' | 'silent' }>) => void;

export class Backoff {
  readonly #first: number;
  readonly #signal: AbortSignal;
  readonly #onWait: OnWait;

  /** @param first milliseconds before the second try; each further wait is twice as long */
  constructor(signal: AbortSignal, onWait: OnWait, first = 500) {
    this.#first = first;
    this.#signal = signal;
    this.#onWait = onWait;
  }

  /** Whether there is another try after this one. */
  allows(attempt: number): boolean {
    return attempt < maxAttempts;
  }

  /** Says that a host took a request and has not answered. */
  silent(host: string, milliseconds: number, left: number): void {
    this.#onWait({ type: 'silent', host, milliseconds, left });
  }

  /** @param asked what the registry wants; null: it is ours to choose */
  async wait(attempt: number, asked: number | null, why: string): Promise<void> {
    // A third more or less: of many who were refused together not all come back together.
    const own = this.#first * 2 ** (attempt - 1) * (2 / 3 + (Math.random() * 2) / 3);
    const milliseconds = Math.min(Math.round(asked ?? own), longestWait);
    this.#onWait({ type: 'wait', milliseconds, why });
    await delay(milliseconds, undefined, { signal: this.#signal });
  }
}
