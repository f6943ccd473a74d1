/** Counts the bytes of layers for whoever watches. */
import type { OnImageProgress } from './progress.ts';

/** The same bytes, counted. `total` is 0 when nobody knows. */
export async function* meterLayer(
  blob: AsyncIterable<Uint8Array>,
  layer: { readonly index: number; readonly total: number },
  onProgress: OnImageProgress,
): AsyncGenerator<Uint8Array> {
  let read = 0;
  for await (const chunk of blob) {
    read += chunk.length;
    onProgress({ type: 'layer', index: layer.index, read, total: layer.total });
    yield chunk;
  }
}
