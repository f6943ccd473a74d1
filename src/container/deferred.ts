/** A promise that somebody else resolves. Node 20 has no Promise.withResolvers. */
export class Deferred {
  readonly promise: Promise<void>;
  resolve: () => void = () => {};

  constructor() {
    this.promise = new Promise((resolve) => {
      this.resolve = resolve;
    });
  }
}
