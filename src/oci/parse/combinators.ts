/**
 * Parsers of JSON values, put together from small ones: each takes a value and its place, gives the typed value or throws.
 *
 * Written out because reading a config is on the way of every `create`: these load in a fraction of a millisecond, schema
 * libraries in 6 to 60, and they follow our types instead of making their own: a field that is added to a type does not
 * compile until it is parsed.
 */
import { nearest } from '../../errors/nearest.ts';
import { fail, inside, type Place, shown } from './place.ts';

export type Parser<T> = (value: unknown, at: Place) => T;

export interface NeededField<T> {
  readonly need: Parser<T>;
  /** What an absent field means; null: it may not be absent. */
  readonly absent: T | null;
}
export interface OptionalField<T> {
  readonly may: Parser<T>;
}

/** A parser for every field of a type, and for its optional fields only `may`. */
export type Fields<T> = {
  readonly [Key in keyof T]-?: undefined extends T[Key]
    ? OptionalField<Exclude<T[Key], undefined>>
    : NeededField<T[Key]>;
};

export const need = <T>(parser: Parser<T>): NeededField<T> => ({ need: parser, absent: null });
/** What other runtimes read in an absent field, where the specification wants it to be there. */
export const orElse = <T>(parser: Parser<T>, absent: T): NeededField<T> => ({ need: parser, absent });
/** null is absent: Go programs write a nil list so. */
export const may = <T>(parser: Parser<T>): OptionalField<T> => ({ may: parser });

/** An object's known fields; others are ignored (config.md#extensibility). */
export function object<T extends object>(fields: Fields<T>): Parser<T> {
  const known = Object.entries<NeededField<unknown> | OptionalField<unknown>>(fields);
  return (value, at) => {
    const source = record(value, at);
    const result: Record<string, unknown> = {};
    for (const [key, field] of known) {
      const item = Object.hasOwn(source, key) ? source[key] : undefined;
      const place = inside(at, key);
      if ('need' in field) {
        const given = item ?? field.absent;
        if (given === null) fail(place, 'is missing', '');
        result[key] = given === field.absent ? given : field.need(given, place);
      } else if (item !== undefined && item !== null) {
        const parsed = field.may(item, place);
        if (parsed !== undefined) result[key] = parsed;
      }
    }
    // The loop went through every field of T; TypeScript cannot see that.
    return result as T;
  };
}

function record(value: unknown, at: Place): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  return fail(at, `must be an object, is ${shown(value)}`, '');
}

export function list<T>(item: Parser<T>): Parser<readonly T[]> {
  return (value, at) => {
    if (!Array.isArray(value)) return fail(at, `must be an array, is ${shown(value)}`, '');
    const items: readonly unknown[] = value;
    return items.map((each, index) => item(each, inside(at, index)));
  };
}

/** An object with arbitrary keys, `__proto__` among them. */
export function map<T>(item: Parser<T>): Parser<Readonly<Record<string, T>>> {
  return (value, at) =>
    Object.fromEntries(Object.entries(record(value, at)).map(([key, each]) => [key, item(each, inside(at, key))]));
}

export const boolean: Parser<boolean> = (value, at) =>
  typeof value === 'boolean' ? value : fail(at, `must be true or false, is ${shown(value)}`, '');

/** Any string: nothing of it reaches the kernel. */
export const anyText: Parser<string> = (value, at) =>
  typeof value === 'string' ? value : fail(at, `must be a string, is ${shown(value)}`, '');

/** A string that can be handed to the kernel: no NUL, and every character has a UTF-8 form. */
export const text: Parser<string> = (value, at) => kernelText(anyText(value, at), at);

/** The same for a string that was taken apart before, so that a message does not quote the whole of it. */
export function kernelText(value: string, at: Place): string {
  if (value.includes('\0')) return fail(at, 'must not contain a NUL character', '');
  if (!wellFormed(value)) return fail(at, 'must be text: it has half of a surrogate pair', '');
  return value;
}

/** ES2024, in every Node that tsrun runs on. */
const wellFormed = (value: string): boolean => (value as string & { isWellFormed(): boolean }).isWellFormed();

export const someText: Parser<string> = (value, at) => text(value, at) || fail(at, 'must not be empty', '');

export const absolutePath: Parser<string> = (value, at) => {
  const path = text(value, at);
  return path.startsWith('/') ? path : fail(at, `must be an absolute path, is ${shown(path)}`, '');
};

/** An absolute path; the empty one is absent, as Go programs write it. */
export const mayPath: OptionalField<string> = {
  // The object leaves out what is undefined.
  may: (value, at) => (value === '' ? (undefined as unknown as string) : absolutePath(value, at)),
};

/** A whole number; what JSON cannot hold exactly may come as a bigint (exact-json.ts). */
export function integer(least: number, most: number): Parser<number> {
  return (value, at) => {
    const number = typeof value === 'bigint' ? Number(value) : value;
    if (typeof number !== 'number' || !Number.isInteger(number)) {
      return fail(at, `must be an integer, is ${shown(value)}`, '');
    }
    if (number < least || number > most) {
      return fail(at, `must be from ${shownBound(least)} to ${shownBound(most)}, is ${shown(value)}`, '');
    }
    return number === 0 ? 0 : number; // -0
  };
}

/** The bounds of 64-bit integers are rounded as numbers: by their power of two they are right. */
function shownBound(bound: number): string {
  return Math.abs(bound) >= 2 ** 63 ? `${bound < 0 ? '-' : ''}2^${Math.log2(Math.abs(bound))}` : `${bound}`;
}

const top32 = 2 ** 32 - 1;
export const uint16 = integer(0, 2 ** 16 - 1);
export const uint32 = integer(0, top32);
/** A user or group id: the highest number means "none" to the kernel. */
export const id = integer(0, top32 - 1);
/** Rounded to a double where it needs more than 53 bits: for quantities. */
export const int64 = integer(-(2 ** 63), 2 ** 63);
export const uint64 = integer(0, 2 ** 64);

/** All 64 bits: a bigint where a number could not hold them. */
export const exactUint64: Parser<number | bigint> = (value, at) => {
  const whole = typeof value === 'bigint' || (typeof value === 'number' && Number.isInteger(value)) ? value : null;
  if (whole === null) return fail(at, `must be an integer, is ${shown(value)}`, '');
  if (whole < 0 || whole >= 2n ** 64n) return fail(at, `must be from 0 to 2^64 - 1, is ${shown(value)}`, '');
  return whole === 0 ? 0 : whole; // -0
};

/** One of a list of names, with the nearest one as the hint. */
export function oneOf<Name extends string>(names: readonly Name[], what: string): Parser<Name> {
  return (value, at) => {
    const found = names.find((name) => name === value);
    if (found !== undefined) return found;
    const near = typeof value === 'string' && value.length <= 64 ? nearest(value, names) : null;
    const hint =
      near === null ? (names.length <= 10 ? `it is one of ${names.join(', ')}` : '') : `did you mean "${near}"?`;
    return fail(at, `must be ${what}, is ${shown(value)}`, hint);
  };
}

/** A string of a certain form. */
export function matching(pattern: RegExp, what: string): Parser<string> {
  return (value, at) => {
    const string = text(value, at);
    return pattern.test(string) ? string : fail(at, `must be ${what}, is ${shown(string)}`, '');
  };
}
