/** `printf`, the verbs of Go's fmt that make sense for JSON's values. */
import { ArgumentFault } from './template-error.ts';
import { exponent, isObject, kindOf, printed, shown, sortedEntries } from './values.ts';

interface Verb {
  readonly flags: string;
  readonly width: number;
  readonly precision: number | null;
  readonly letter: string;
}

export function formatted(format: string, values: readonly unknown[]): string {
  let next = 0;
  const text = format.replaceAll(
    /%([-+# 0]*)(\d*)(?:\.(\d*))?(.)?/gsu,
    (whole, flags: string, width: string, precision: string | undefined, letter: string | undefined) => {
      if (letter === '%') return '%';
      if (letter === undefined) throw new ArgumentFault(`${whole} has no letter`, 'write %% for a %');
      if (next >= values.length)
        throw new ArgumentFault(`there is no value for ${whole}`, 'give as many values as verbs');
      const verb = {
        flags,
        width: Number(width),
        precision: precision === undefined ? null : Number(precision),
        letter,
      };
      return padded(verb, one(verb, values[next++], whole));
    },
  );
  if (next < values.length)
    throw new ArgumentFault(
      `${values.length - next} of the values ${values.length - next === 1 ? 'has' : 'have'} no verb`,
      'give as many verbs as values: %s, %d, %v, %q',
    );
  return text;
}

function one(verb: Verb, value: unknown, whole: string): string {
  const { letter } = verb;
  switch (letter) {
    case 'v':
      return cut(verb, shown(value), value);
    case 's':
      if (typeof value === 'number' || typeof value === 'boolean') throw wrong(whole, value, '%v or %d');
      return each(value, (text) => cut(verb, text, text));
    case 'q':
      if (typeof value === 'number' || typeof value === 'boolean') throw wrong(whole, value, '%v or %d');
      return each(value, (text) => quoted(cut(verb, text, text)));
    case 't':
      if (typeof value !== 'boolean') throw wrong(whole, value, '%v');
      return String(value);
    case 'd':
    case 'b':
    case 'o':
    case 'c':
      if (typeof value !== 'number' || !Number.isInteger(value))
        throw wrong(whole, value, typeof value === 'number' ? '%f or %v' : '%s or %v');
      if (letter === 'c') return String.fromCodePoint(value);
      return signed(verb, BigInt(value).toString({ d: 10, b: 2, o: 8 }[letter]));
    case 'x':
    case 'X': {
      const text = hexadecimal(value, whole);
      return letter === 'X' ? text.toUpperCase() : text;
    }
    case 'f':
    case 'F':
    case 'e':
    case 'g':
      if (typeof value !== 'number') throw wrong(whole, value, '%s or %v');
      return signed(verb, float(verb, value));
  }
  throw new ArgumentFault(
    `the verb ${whole} is not known here`,
    'known are %s %d %v %q %t %x %X %f %e %g %c %b %o and %%',
  );
}

const wrong = (whole: string, value: unknown, better: string): ArgumentFault =>
  new ArgumentFault(`${whole} is not for ${kindOf(value)}`, `write ${better}`);

/** A text, or every text of a list. */
function each(value: unknown, format: (text: string) => string): string {
  if (Array.isArray(value)) return `[${value.map((item) => each(item, format)).join(' ')}]`;
  if (isObject(value))
    return `map[${sortedEntries(value)
      .map(([key, item]) => `${format(key)}:${each(item, format)}`)
      .join(' ')}]`;
  return format(value === null || value === undefined ? printed(value) : shown(value));
}

/** The precision of a text is its number of characters. */
const cut = ({ precision }: Verb, text: string, value: unknown): string =>
  precision === null || typeof value !== 'string' ? text : [...text].slice(0, precision).join('');

const quoted = (text: string): string => JSON.stringify(text).replaceAll(/\\u00(..)/g, '\\x$1');

function hexadecimal(value: unknown, whole: string): string {
  if (typeof value === 'string') return Buffer.from(value).toString('hex');
  if (typeof value === 'number' && Number.isInteger(value)) return BigInt(value).toString(16);
  throw wrong(whole, value, '%v');
}

function float({ letter, precision }: Verb, value: number): string {
  if (letter === 'e') return exponent(value.toExponential(precision ?? 6));
  if (letter === 'g') return precision === null ? shown(value) : String(Number(value.toPrecision(precision || 1)));
  return value.toFixed(precision ?? 6);
}

const signed = ({ flags }: Verb, digits: string): string =>
  digits.startsWith('-') ? digits : `${flags.includes('+') ? '+' : flags.includes(' ') ? ' ' : ''}${digits}`;

function padded({ flags, width }: Verb, text: string): string {
  const missing = width - [...text].length;
  if (missing <= 0) return text;
  if (flags.includes('-')) return text + ' '.repeat(missing);
  if (!flags.includes('0')) return ' '.repeat(missing) + text;
  const sign = /^[+-]/.exec(text)?.[0] ?? '';
  return sign + '0'.repeat(missing) + text.slice(sign.length);
}
