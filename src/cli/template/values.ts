/** Values as Go's text/template sees and prints them. Those of records are JSON's, and functions for docker's methods. */

export type Entries = readonly (readonly [string, unknown])[];

export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** In the order of a range. */
export const sortedEntries = (value: Readonly<Record<string, unknown>>): Entries =>
  Object.entries(value).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));

/**
 * docker's documents have structs, whose fields are known, and maps such as labels, where a missing name is no mistake. In
 * JSON both are objects: one is taken for a map when it is empty or has a name that no field could have.
 */
export const isMap = (value: Readonly<Record<string, unknown>>): boolean => {
  const names = Object.keys(value);
  return names.length === 0 || names.some((name) => !/^[A-Z]\w*$/.test(name));
};

/** Whether `if` takes it for true: nothing, zero and what is empty are not. */
export function isTrue(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  if (isObject(value)) return Object.keys(value).length > 0;
  return Boolean(value);
}

/** What stands in the place of an action. */
export const printed = (value: unknown): string =>
  value === null || value === undefined ? '<no value>' : shown(value);

/** The verb %v: `[a b]`, `map[a:1 b:2]`. */
export function shown(value: unknown): string {
  if (value === null || value === undefined) return '<nil>';
  if (typeof value === 'number') return shownNumber(value);
  if (Array.isArray(value)) return `[${value.map(shown).join(' ')}]`;
  if (isObject(value))
    return `map[${sortedEntries(value)
      .map(([key, each]) => `${key}:${shown(each)}`)
      .join(' ')}]`;
  return String(value);
}

/** A whole number is an int; others have an exponent where Go's shortest form has one. */
export function shownNumber(value: number): string {
  if (Number.isInteger(value))
    return Math.abs(value) < 1e21 ? BigInt(value).toString() : exponent(value.toExponential());
  const size = Math.abs(value);
  return size < 1e-4 || size >= 1e6 ? exponent(value.toExponential()) : String(value);
}

/** At least two digits, as C has it. */
export const exponent = (text: string): string => text.replace(/e([+-])(\d)$/, 'e$10$2');

/** For messages. */
export function kindOf(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'string') return 'a text';
  if (typeof value === 'boolean') return 'true or false';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
