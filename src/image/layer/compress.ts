/** Bytes as a compressed blob. */
import { addon } from '../../native/addon.ts';

const CHUNK = 256 * 1024;
const nothing = Buffer.alloc(0);

/** How to compress. Level of gzip: 0 to 3, as ISA-L counts; of zstd 1 to 19. */
export interface CompressionChoice {
  readonly format: 'gzip' | 'zstd';
  readonly level: number;
}

/** Takes bytes piece by piece; what it makes of them comes in buffers of its own. One call at a time. */
export class Compressor {
  readonly #native;
  #output = Buffer.allocUnsafeSlow(CHUNK);
  #filled = 0;

  constructor({ format, level }: CompressionChoice) {
    this.#native = addon().createCompressor(format, level);
  }

  /** The buffers that became full. `input` may change when the generator has ended. */
  async *push(input: Uint8Array): AsyncGenerator<Buffer> {
    yield* this.#run(input, false);
  }

  /** What is left. */
  async *end(): AsyncGenerator<Buffer> {
    yield* this.#run(nothing, true);
    if (this.#filled > 0) yield this.#output.subarray(0, this.#filled);
  }

  async *#run(input: Uint8Array, last: boolean): AsyncGenerator<Buffer> {
    for (let left = input; ; ) {
      const { consumed, produced } = await this.#native.run(left, this.#output.subarray(this.#filled), last);
      left = left.subarray(consumed);
      this.#filled += produced;
      if (this.#filled < this.#output.length) return;
      yield this.#output;
      this.#output = Buffer.allocUnsafeSlow(CHUNK);
      this.#filled = 0;
    }
  }
}

/** The compressed bytes of a source. A chunk of it need not stay as it is once the next one is asked for. */
export async function* compress(source: AsyncIterable<Uint8Array>, choice: CompressionChoice): AsyncGenerator<Buffer> {
  const compressor = new Compressor(choice);
  for await (const chunk of source) yield* compressor.push(chunk);
  yield* compressor.end();
}
