/**
 * JSON with whole numbers of 64 bits. A double holds 53 bits of them, and a seccomp rule compares all 64.
 *
 * Node 22 shows a reviver the source of a number, Node 20 does not: so a number with many digits is put in quotes first.
 */

/** A number that may not fit, where a value can stand; also inside strings, which costs time and nothing else. */
const hasLong = /[[:,\s]-?[1-9]\d{15}/;

/** The start of a string, which is skipped, or a whole number of at least 16 digits (2^53 has 16). */
const stringOrLong = /"|(?<![\d.eE+-])-?[1-9]\d{15,}(?![\d.eE])/g;

/**
 * Parses JSON; whole numbers that a double cannot hold exactly come as bigint, all others as number.
 *
 * @throws SyntaxError as JSON.parse does
 * @example parseExactJson('[9007199254740993, 5]') // [9007199254740993n, 5]
 */
export function parseExactJson(json: string): unknown {
  if (!hasLong.test(json)) return JSON.parse(json);
  // A document cannot know it, so none of its own strings is taken for a number.
  const mark = `integer ${Math.random()} `;
  const quoted = markLongNumbers(json, mark);
  if (quoted === json) return JSON.parse(json);
  return JSON.parse(quoted, (_key, value: unknown) =>
    typeof value === 'string' && value.startsWith(mark) ? BigInt(value.slice(mark.length)) : value,
  );
}

function markLongNumbers(json: string, mark: string): string {
  const pieces: string[] = [];
  let copied = 0;
  stringOrLong.lastIndex = 0;
  for (let found = stringOrLong.exec(json); found !== null; found = stringOrLong.exec(json)) {
    const [token] = found;
    if (token === '"') stringOrLong.lastIndex = endOfString(json, found.index + 1);
    else if (!Number.isSafeInteger(Number(token))) {
      pieces.push(json.slice(copied, found.index), `"${mark}${token}"`);
      copied = stringOrLong.lastIndex;
    }
  }
  pieces.push(json.slice(copied));
  return pieces.join('');
}

/** Behind the closing quote. By hand: a regular expression for a string of megabytes overflows its stack. */
function endOfString(json: string, start: number): number {
  for (let quote = json.indexOf('"', start); quote >= 0; quote = json.indexOf('"', quote + 1)) {
    let backslashes = 0;
    while (json[quote - 1 - backslashes] === '\\') backslashes += 1;
    if (backslashes % 2 === 0) return quote + 1;
  }
  return json.length;
}

/**
 * The other way round: JSON text in which a bigint is a number with all its digits.
 *
 * @example formatExactJson({ value: 2n ** 63n }) // '{"value":9223372036854775808}'
 */
export function formatExactJson(value: unknown): string {
  const mark = `integer ${Math.random()} `;
  const json = JSON.stringify(value, (_key, each: unknown) => (typeof each === 'bigint' ? `${mark}${each}` : each));
  return json.replaceAll(new RegExp(`"${mark.replaceAll('.', '\\.')}(-?\\d+)"`, 'g'), '$1');
}
