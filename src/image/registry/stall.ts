/** A body that trickles: an answer that would go on for years keeps no command waiting. */
import { ConnectionError } from './registry-error.ts';

/** Less than this, on average over so many milliseconds of waiting for it, is a connection that has broken. */
export interface Slowest {
  readonly bytes: number;
  readonly milliseconds: number;
}

/**
 * The same bytes. Only the time that is spent waiting for them counts, not what their reader takes.
 *
 * @throws ConnectionError when they come slower than anybody would wait for
 */
export async function* noSlowerThan(body: AsyncIterable<Uint8Array>, least: Slowest): AsyncGenerator<Uint8Array> {
  const source = body[Symbol.asyncIterator]();
  let waited = 0;
  let bytes = 0;
  try {
    for (;;) {
      const asked = performance.now();
      const next = await source.next();
      if (next.done === true) return;
      waited += performance.now() - asked;
      bytes += next.value.length;
      if (waited >= least.milliseconds) {
        if (bytes < least.bytes) {
          throw new ConnectionError('TSRUN_SLOW', new Error(`${bytes} bytes came in ${Math.round(waited / 1000)} s`));
        }
        waited = 0;
        bytes = 0;
      }
      yield next.value;
    }
  } finally {
    await source.return?.();
  }
}
