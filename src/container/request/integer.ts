/** Whole numbers within bounds. */
import { badValue, type OptionName } from './bad-value.ts';

export interface IntegerBounds {
  readonly least: number;
  readonly most: number;
  /** Ends the sentence "it has to be a whole number from 1000 to 1000000", for example ` microseconds`; or empty. */
  readonly unit: string;
}

/**
 * A decimal integer within bounds: no exponents, no fractions, no surrounding blanks.
 * @throws TsrunError USAGE
 */
export function parseInteger(value: string | number, bounds: IntegerBounds, name: OptionName): number {
  const text = String(value);
  const number = /^[+-]?\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  // Adding zero turns -0 into 0.
  if (number >= bounds.least && number <= bounds.most) return number + 0;
  const range = `from ${bounds.least} to ${bounds.most}${bounds.unit}`;
  throw badValue(
    name,
    text,
    Number.isNaN(number) ? 'it is not a whole number' : 'it is out of range',
    `write a whole number ${range}`,
  );
}
