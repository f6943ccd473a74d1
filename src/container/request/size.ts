/** Sizes with units, as docker reads them: `64m`, `1.5g`, `4096`. Units are powers of 1024. */
import { badValue, type OptionName } from './bad-value.ts';
import type { ByteSize } from './run-request.ts';

const exponents: Readonly<Record<string, number>> = { '': 0, k: 1, m: 2, g: 3, t: 4, p: 5 };
const pattern = /^(\d+(?:\.\d+)?) ?([kmgtp]?)(?:i?b)?$/i;

/**
 * Bytes of a size.
 *
 * @example parseSize('64m', '--memory') // 67108864
 * @throws TsrunError USAGE
 */
export function parseSize(value: string | number, name: OptionName): ByteSize {
  const text = String(value);
  const match = pattern.exec(text);
  const bytes = match ? Number(match[1]) * 1024 ** (exponents[(match[2] ?? '').toLowerCase()] ?? 0) : Number.NaN;
  if (Number.isFinite(bytes) && bytes <= Number.MAX_SAFE_INTEGER) return Math.floor(bytes) as ByteSize;
  throw badValue(
    name,
    text,
    match ? 'it is larger than 8 PiB' : 'a size is a positive number with an optional unit b, k, m, g, t or p',
    'write for example 64m, 1.5g or a number of bytes',
  );
}
