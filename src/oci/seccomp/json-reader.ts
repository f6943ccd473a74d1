/** Reads a JSON value with its place in the document, so that each complaint names where it is. */

/** Ends in an exception; the caller decides which. */
export type Fail = (why: string) => never;

/** A place and the value there. */
export class JsonReader {
  readonly #value: unknown;
  readonly #place: string;
  readonly #fail: Fail;

  private constructor(value: unknown, place: string, fail: Fail) {
    this.#value = value;
    this.#place = place;
    this.#fail = fail;
  }

  static of(document: unknown, fail: Fail): JsonReader {
    return new JsonReader(document, '', fail);
  }

  /** Complains about this place. */
  fail(why: string): never {
    return this.#fail(this.#place === '' ? `it ${why}` : `${this.#place}: ${why}`);
  }

  /** An object with no other fields than these. */
  object(known: readonly string[]): JsonFields {
    const value = this.#value;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return this.fail('should be an object');
    const fields = new Map(Object.entries(value));
    for (const name of fields.keys()) {
      if (!known.includes(name)) this.fail(`has an unknown field "${name}"`);
    }
    return new JsonFields(this, (name) => {
      const field: unknown = fields.get(name);
      // null and absent are the same in the documents that Go programs write.
      if (field === undefined || field === null) return null;
      return new JsonReader(field, this.#place === '' ? name : `${this.#place}.${name}`, this.#fail);
    });
  }

  list(): readonly JsonReader[] {
    const value = this.#value;
    if (!Array.isArray(value)) return this.fail('should be an array');
    return value.map((item: unknown, index) => new JsonReader(item, `${this.#place}[${index}]`, this.#fail));
  }

  integer(least: number, most: number): number {
    const value = this.#value;
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= least && value <= most) return value;
    return this.fail(`should be a whole number from ${least} to ${most}, not ${JSON.stringify(value)}`);
  }

  /** All 64 bits, as parseExactJson gives them. */
  uint64(): number | bigint {
    const value = this.#value;
    if (typeof value === 'bigint' && value >= 0n && value < 2n ** 64n) return value;
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
    return this.fail(
      `should be a whole number from 0 to 2^64 - 1, not ${typeof value === 'bigint' ? value : JSON.stringify(value)}`,
    );
  }

  matching(pattern: RegExp): string {
    const value = this.#value;
    if (typeof value === 'string' && pattern.test(value)) return value;
    return this.fail(`should match ${pattern.source}, not be ${JSON.stringify(value)}`);
  }

  oneOf<Name extends string>(isOne: (name: string) => name is Name, what: string): Name {
    const value = this.#value;
    if (typeof value === 'string' && isOne(value)) return value;
    return this.fail(`should be ${what}, not ${JSON.stringify(value)}`);
  }
}

/** The fields of one object. */
export class JsonFields {
  readonly #owner: JsonReader;
  readonly #get: (name: string) => JsonReader | null;

  constructor(owner: JsonReader, get: (name: string) => JsonReader | null) {
    this.#owner = owner;
    this.#get = get;
  }

  /** null when it is absent. */
  get(name: string): JsonReader | null {
    return this.#get(name);
  }

  need(name: string): JsonReader {
    return this.#get(name) ?? this.#owner.fail(`has no field "${name}"`);
  }

  /** The items; none when it is absent. */
  list(name: string): readonly JsonReader[] {
    return this.#get(name)?.list() ?? [];
  }
}
