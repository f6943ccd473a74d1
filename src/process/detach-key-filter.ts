/** What is typed at a terminal, without the keys that let go of the container; a monitor does the same in native/monitor/detach_keys.cc. */

/** Takes the keys out of what is typed. The beginning of the sequence is held back until the next key tells. */
export class DetachKeyFilter {
  readonly #keys: Buffer;
  #held = 0;

  constructor(keys: string) {
    this.#keys = Buffer.from(keys, 'latin1');
  }

  /** @returns what is for the container, and whether all the keys have come: what was typed after them is nobody's */
  pass(chunk: Buffer): { readonly typed: Buffer; readonly detached: boolean } {
    if (this.#keys.length === 0) return { typed: chunk, detached: false };
    const typed: number[] = [];
    for (const key of chunk) {
      if (key === this.#keys[this.#held]) {
        this.#held += 1;
        if (this.#held === this.#keys.length) {
          this.#held = 0;
          return { typed: Buffer.from(typed), detached: true };
        }
        continue;
      }
      typed.push(...this.#keys.subarray(0, this.#held));
      this.#held = key === this.#keys[0] ? 1 : 0;
      if (this.#held === 0) typed.push(key);
    }
    return { typed: Buffer.from(typed), detached: false };
  }
}
