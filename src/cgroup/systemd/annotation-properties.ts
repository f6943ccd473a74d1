/**
 * Annotations `org.systemd.property.NAME` as properties of the unit. Their values are GVariant text:
 * `'text'`, `true`, `7`, `uint64 7`, `['a', 'b']`. Pure.
 */
import type { ScopeProperty, ScopeValue } from '../../plan/plan.ts';

const prefix = 'org.systemd.property.';
/** What a scope is made of and a container must not choose. */
const ours = new Set(['PIDs', 'Slice', 'Delegate']);

/**
 * A name in `Sec` is taken in seconds and becomes systemd's `USec`.
 *
 * @throws RangeError with a sentence
 */
export function annotationProperties(annotations: Readonly<Record<string, string>>): readonly ScopeProperty[] {
  return Object.entries(annotations).flatMap(([key, text]) => {
    if (!key.startsWith(prefix)) return [];
    const name = key.slice(prefix.length);
    if (!/^[A-Z][A-Za-z]{2,}$/.test(name)) throw new RangeError(`annotation "${key}" does not name a systemd property`);
    if (ours.has(name)) throw new RangeError(`annotation "${key}": tsrun sets ${name} itself`);
    const value = new Reader(key, text).whole();
    const seconds = /^(.*[a-z])Sec$/.exec(name)?.[1];
    return [seconds === undefined ? { name, ...value } : { name: `${seconds}USec`, ...microseconds(key, value) }];
  });
}

interface Typed {
  readonly signature: string;
  readonly value: ScopeValue;
}

function microseconds(key: string, { value }: Typed): Typed {
  if (typeof value !== 'number' && typeof value !== 'bigint') {
    throw new RangeError(`annotation "${key}" is a number of seconds`);
  }
  return { signature: 't', value: BigInt(Math.round(Number(value) * 1_000_000)) };
}

const types: Readonly<Record<string, string>> = {
  boolean: 'b',
  byte: 'y',
  int16: 'n',
  uint16: 'q',
  int32: 'i',
  uint32: 'u',
  int64: 'x',
  uint64: 't',
  double: 'd',
  string: 's',
  objectpath: 'o',
  signature: 'g',
};

class Reader {
  readonly #key: string;
  readonly #text: string;
  #at = 0;

  constructor(key: string, text: string) {
    this.#key = key;
    this.#text = text;
  }

  whole(): Typed {
    const value = this.#value(null);
    this.#skipBlanks();
    if (this.#at < this.#text.length) throw this.#wrong();
    return value;
  }

  /** @param wanted the signature that a word before it has given, or null */
  #value(wanted: string | null): Typed {
    this.#skipBlanks();
    if (this.#takes('@')) {
      const signature = this.#match(/[a-z()]+/y);
      return this.#value(signature);
    }
    if (this.#takes('[')) return this.#list(wanted);
    if (this.#takes('(')) return this.#tuple();
    const quoted = this.#peek();
    if (quoted === "'" || quoted === '"') return { signature: wanted ?? 's', value: this.#string() };
    const word = this.#match(/[A-Za-z0-9_.+-]+/y);
    if (word === 'true' || word === 'false') return { signature: wanted ?? 'b', value: word === 'true' };
    const signature = types[word];
    if (signature !== undefined) return this.#value(signature);
    return this.#number(word, wanted);
  }

  #number(word: string, wanted: string | null): Typed {
    if (/^[+-]?\d+$/.test(word) && wanted !== 'd') {
      const signature = wanted ?? 'i';
      const isWide = signature === 'x' || signature === 't';
      return { signature, value: isWide ? BigInt(word) : Number(word) };
    }
    if (!/^[+-]?\d*\.?\d+$/.test(word)) throw this.#wrong();
    return { signature: wanted ?? 'd', value: Number(word) };
  }

  #list(wanted: string | null): Typed {
    const items: Typed[] = [];
    const inner = wanted === null ? null : wanted.slice(1);
    this.#skipBlanks();
    while (!this.#takes(']')) {
      items.push(this.#value(inner ?? items[0]?.signature ?? null));
      this.#skipBlanks();
      if (!this.#takes(',') && this.#peek() !== ']') throw this.#wrong();
      this.#skipBlanks();
    }
    const [first] = items;
    // An empty list says nothing of its type: of strings it is most often.
    return { signature: wanted ?? `a${first?.signature ?? 's'}`, value: items.map(({ value }) => value) };
  }

  #tuple(): Typed {
    const items: Typed[] = [];
    this.#skipBlanks();
    while (!this.#takes(')')) {
      items.push(this.#value(null));
      this.#skipBlanks();
      if (!this.#takes(',') && this.#peek() !== ')') throw this.#wrong();
      this.#skipBlanks();
    }
    return {
      signature: `(${items.map(({ signature }) => signature).join('')})`,
      value: items.map(({ value }) => value),
    };
  }

  #string(): string {
    const quote = this.#text[this.#at++];
    let text = '';
    for (;;) {
      const character = this.#text[this.#at++];
      if (character === undefined) throw this.#wrong();
      if (character === quote) return text;
      text += character === '\\' ? (this.#text[this.#at++] ?? '') : character;
    }
  }

  #peek(): string | undefined {
    return this.#text[this.#at];
  }

  #takes(character: string): boolean {
    if (this.#peek() !== character) return false;
    this.#at++;
    return true;
  }

  #match(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    if (found === undefined) throw this.#wrong();
    this.#at += found.length;
    return found;
  }

  #skipBlanks(): void {
    while (this.#peek() === ' ' || this.#peek() === '\t') this.#at++;
  }

  #wrong(): RangeError {
    return new RangeError(
      `annotation "${this.#key}" is "${this.#text}"; it is GVariant text, like 'text', 7, uint64 7 or ['a', 'b']`,
    );
  }
}
