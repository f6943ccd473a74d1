/** Statistics as JSON with whole numbers of 64 bits, which JSON.stringify cannot write. */

const mark = '\u0001';

/**
 * One line of JSON; every bigint becomes a number.
 *
 * @example jsonWithBigints({ limit: 2n ** 64n - 1n }) // '{"limit":18446744073709551615}'
 */
export function jsonWithBigints(value: unknown): string {
  const text = JSON.stringify(value, (_, item: unknown) => (typeof item === 'bigint' ? `${mark}${item}${mark}` : item));
  // JSON.stringify writes the mark as an escape, and one that was in a string before looks the same: digits only.
  return text.replaceAll(/"\\u0001(-?\d+)\\u0001"/g, '$1');
}
