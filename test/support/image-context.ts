/** Opens images in this process, as `run` does it, for tests of the store. */
import { Readable } from 'node:stream';
import { probeHost } from '../../src/host/facts.ts';
import { userNamespaceFor } from '../../src/host/id-maps.ts';
import type { ImageContext } from '../../src/image/context.ts';
import type { ImageProgress } from '../../src/image/progress.ts';
import type { TestHome } from './home.ts';

/** A context with the defaults of `run`, and what the test changes. */
export const imageContext = (home: TestHome, changes: Partial<ImageContext> = {}): ImageContext => ({
  paths: { store: home.store, state: home.state },
  mapping: userNamespaceFor('default', probeHost().privilege),
  platform: null,
  pull: 'missing',
  limits: { maxBytes: 2 ** 33, maxEntries: 100_000 },
  stdin: Readable.from([]),
  onProgress: () => {},
  signal: new AbortController().signal,
  ...changes,
});

/** Collects progress events. */
export function progressLog(): {
  readonly events: ImageProgress[];
  readonly onProgress: (event: ImageProgress) => void;
} {
  const events: ImageProgress[] = [];
  return { events, onProgress: (event) => void events.push(event) };
}
