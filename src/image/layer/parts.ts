/** Memory shared with the workbench, in parts that are filled, read there and filled again. */
import { closeSync } from 'node:fs';
import { addon, type SharedMemory } from '../../native/addon.ts';

/** So much may wait for the workbench: it must not idle while the next part is decompressed and hashed. */
const COUNT = 8;
const SIZE = 512 * 1024;

/** Which part a view of one belongs to. */
export const partOf = (view: Buffer): number => Math.floor(view.byteOffset / SIZE);

export class Parts {
  readonly #memory: SharedMemory = addon().createSharedMemory(COUNT * SIZE);
  readonly #free: Buffer[];

  constructor() {
    const { bytes } = this.#memory;
    this.#free = Array.from({ length: COUNT }, (_, n) => bytes.subarray(n * SIZE, (n + 1) * SIZE));
  }

  /** For the workbench: it sees what is in the parts. */
  get fd(): number {
    return this.#memory.fd;
  }

  /** One to fill, if any is free. */
  take(): Buffer | undefined {
    return this.#free.pop();
  }

  /** The workbench has read it. */
  giveBack(part: number): void {
    this.#free.push(this.#memory.bytes.subarray(part * SIZE, (part + 1) * SIZE));
  }

  /** The workbench is gone. */
  release(): void {
    closeSync(this.#memory.fd);
    this.#memory.release();
  }
}
