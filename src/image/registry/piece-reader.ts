/** A stream, read in pieces of a length or to its end. */
export class PieceReader {
  readonly #source: AsyncIterator<Uint8Array>;
  #left: Uint8Array = new Uint8Array(0);

  constructor(stream: AsyncIterable<Uint8Array>) {
    this.#source = stream[Symbol.asyncIterator]();
  }

  /** The next bytes: as many as asked for, fewer at the end, and then none. */
  async next(size: number): Promise<Uint8Array> {
    const parts: Uint8Array[] = [];
    for (let wanted = size; wanted > 0; ) {
      const chunk = await this.#chunk();
      if (chunk === null) break;
      const part = chunk.subarray(0, wanted);
      this.#left = chunk.subarray(part.length);
      parts.push(part);
      wanted -= part.length;
    }
    return Buffer.concat(parts);
  }

  /** Whatever is left. */
  async *rest(): AsyncGenerator<Uint8Array> {
    for (let chunk = await this.#chunk(); chunk !== null; chunk = await this.#chunk()) yield chunk;
  }

  /** Gives up the stream. */
  async close(): Promise<void> {
    await this.#source.return?.();
  }

  async #chunk(): Promise<Uint8Array | null> {
    if (this.#left.length > 0) {
      const left = this.#left;
      this.#left = new Uint8Array(0);
      return left;
    }
    const next = await this.#source.next();
    return next.done === true ? null : next.value;
  }
}
