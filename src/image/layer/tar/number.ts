/** Numeric fields of a tar header: octal text, or base-256 as GNU tar writes what octal cannot hold. */
import { damaged } from './damage.ts';

const SPACE = 0x20;

function octal(block: Buffer, start: number, end: number, field: string): number {
  let at = start;
  while (at < end && block[at] === SPACE) at += 1;
  let value = 0;
  for (; at < end; at += 1) {
    const digit = (block[at] ?? 0) - 0x30;
    if (digit < 0 || digit > 7) break;
    value = value * 8 + digit;
  }
  for (; at < end; at += 1) {
    const rest = block[at];
    if (rest !== 0 && rest !== SPACE) throw damaged(`the field "${field}" of a header is not a number`);
  }
  return value;
}

function base256(block: Buffer, start: number, end: number, field: string): number {
  const first = block[start] ?? 0;
  // The top bit marks the form, the next one is the sign of a two's complement number.
  const negative = (first & 0x40) !== 0;
  const mask = negative ? 0xff : 0;
  let value = negative ? (first & 0x3f) ^ 0x3f : first & 0x3f;
  for (let at = start + 1; at < end; at += 1) {
    value = value * 256 + ((block[at] ?? 0) ^ mask);
    if (value > Number.MAX_SAFE_INTEGER) throw damaged(`the field "${field}" of a header is too large`);
  }
  return negative ? -value - 1 : value;
}

/** One numeric field; may be negative only in base-256. Blank is 0. */
export function numericField(block: Buffer, start: number, length: number, field: string): number {
  const end = start + length;
  const first = block[start] ?? 0;
  const value = first & 0x80 ? base256(block, start, end, field) : octal(block, start, end, field);
  if (!Number.isSafeInteger(value)) throw damaged(`the field "${field}" of a header is too large`);
  return value;
}

/** A decimal number as PAX records and sparse maps have it. */
export function decimal(text: string, field: string): number {
  const value = /^[0-9]{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(value)) throw damaged(`"${field}" is not a number in range`);
  return value;
}
