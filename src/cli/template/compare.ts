/** `eq`, `lt` and their like. */
import { ArgumentFault } from './template-error.ts';
import { isObject, kindOf } from './values.ts';

/** Whether the first equals one of the others. */
export function equalsOne([first, ...others]: readonly unknown[]): boolean {
  // All are looked at: one of another kind is a mistake wherever it stands.
  return others.map((other) => equal(first, other)).includes(true);
}

function equal(a: unknown, b: unknown): boolean {
  const [left, right] = [a ?? null, b ?? null];
  if (left === null || right === null) return left === right;
  for (const value of [left, right]) {
    if (Array.isArray(value) || isObject(value))
      throw new ArgumentFault(`${kindOf(value)} cannot be compared`, 'compare a field of it, or its len');
  }
  if (typeof left !== typeof right) throw incompatible(left, right);
  return left === right;
}

/** Whether the first comes before the second: numbers, or texts by their characters. */
export function isLess(a: unknown, b: unknown): boolean {
  if (typeof a === 'number' && typeof b === 'number') return a < b;
  if (typeof a === 'string' && typeof b === 'string') return Buffer.compare(Buffer.from(a), Buffer.from(b)) < 0;
  throw incompatible(a, b);
}

const incompatible = (a: unknown, b: unknown): ArgumentFault =>
  new ArgumentFault(`${kindOf(a)} and ${kindOf(b)} cannot be compared`, 'put a text in quotes, and a number not');
