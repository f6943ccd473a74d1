/** The words of a Dockerfile instruction: quotes, backslashes, and the variables of the image. */

export type Variables = ReadonlyMap<string, string>;

/**
 * @example instructionWords('a "b $X"', new Map([['X', '1']])) // ['a', 'b 1']
 */
export function instructionWords(text: string, variables: Variables): readonly string[] {
  const words: string[] = [];
  let word: string | null = null;
  let quote: '"' | "'" | null = null;
  for (let at = 0; at < text.length; at++) {
    const c = text[at] ?? '';
    if (quote === null && /\s/.test(c)) {
      if (word !== null) words.push(word);
      word = null;
      continue;
    }
    word ??= '';
    if (c === quote) quote = null;
    else if (quote === null && (c === '"' || c === "'")) quote = c;
    else if (c === '\\' && quote !== "'" && at + 1 < text.length) word += text[++at];
    else if (c === '$' && quote !== "'") {
      const [whole, bare, braced, fallback] =
        /^\$(?:([A-Za-z_]\w*)|\{([A-Za-z_]\w*)(?::-([^}]*))?\})/.exec(text.slice(at)) ?? [];
      if (whole === undefined) word += c;
      else {
        word += variables.get(bare ?? braced ?? '') || (fallback ?? '');
        at += whole.length - 1;
      }
    } else word += c;
  }
  if (word !== null) words.push(word);
  return words;
}

/**
 * `NAME=VALUE ...`, or the old form `NAME VALUE`, whose value has spaces.
 *
 * @returns null when it is neither
 */
export function pairs(text: string, variables: Variables): readonly (readonly [string, string])[] | null {
  const words = instructionWords(text, variables);
  const [first = ''] = words;
  if (!first.includes('=')) {
    const [, name, value] = /^(\S+)\s+(.+)$/s.exec(text) ?? [];
    if (name === undefined || value === undefined) return null;
    return [[name, value.replace(/^"(.*)"$/s, '$1')]];
  }
  const found = words.map((word) => [word.slice(0, word.indexOf('=')), word.slice(word.indexOf('=') + 1)] as const);
  return found.every(([name], index) => name !== '' && (words[index] ?? '').includes('=')) ? found : null;
}
