/** Numbers for the descriptors that steps hand to later steps. */
export class Slots {
  #next = 0;
  /** The limit of native/init/context.h. */
  static readonly limit = 512;

  /** @throws RangeError when a plan needs more descriptors than init keeps. */
  take(): number {
    if (this.#next >= Slots.limit) throw new RangeError(`a plan keeps at most ${Slots.limit} descriptors`);
    return this.#next++;
  }
}
