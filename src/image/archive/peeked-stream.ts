/** A stream whose beginning was looked at, and is still there. */

export interface PeekedStream {
  /** The first bytes: as many as asked for, or all there are. */
  readonly head: Uint8Array;
  /** The whole stream, head included. To be read once, or given back with `discard`. */
  readonly all: AsyncIterable<Uint8Array>;
  /** Gives up the stream. */
  readonly discard: () => Promise<void>;
}

/** Reads until `length` bytes are there. */
export async function peek(stream: AsyncIterable<Uint8Array>, length: number): Promise<PeekedStream> {
  const rest = stream[Symbol.asyncIterator]();
  const chunks: Uint8Array[] = [];
  for (let have = 0; have < length; ) {
    const next = await rest.next();
    if (next.done === true) break;
    // Its buffer may be used again for the next one.
    chunks.push(Buffer.from(next.value));
    have += next.value.length;
  }
  async function* all(): AsyncGenerator<Uint8Array> {
    try {
      yield* chunks;
      for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value;
    } finally {
      await rest.return?.();
    }
  }
  return {
    head: Buffer.concat(chunks).subarray(0, length),
    all: all(),
    discard: async () => {
      await rest.return?.();
    },
  };
}
