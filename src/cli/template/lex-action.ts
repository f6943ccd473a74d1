/** The words between `{{` and `}}`. */
import { syntaxError } from './template-error.ts';

export type TokenKind = 'word' | 'field' | 'dot' | 'variable' | 'number' | 'string' | 'mark';

export interface Token {
  readonly kind: TokenKind;
  /** A field without its dot, a string as it reads, a variable with its `$`. */
  readonly text: string;
  readonly at: number;
  /** Blanks before it: `.A .B` are two operands, `.A.B` is one. */
  readonly spaced: boolean;
}

/** In this order; each at the place where the last one ended. */
const patterns: readonly (readonly [TokenKind | 'blank', RegExp])[] = [
  ['blank', /[ \t\r\n]+/y],
  ['string', /"(?:[^"\\\n]|\\.)*"|`[^`]*`|'(?:[^'\\\n]|\\.[^']*)'/y],
  ['number', /[+-]?(?:0[xX][\da-fA-F_]+|0[bB][01_]+|0[oO][0-7_]+|(?:\d[\d_]*\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)(?![\w.])/y],
  ['field', /\.[\p{L}_][\p{L}\p{N}_]*/uy],
  ['variable', /\$(?:[\p{L}_][\p{L}\p{N}_]*)?/uy],
  ['word', /[\p{L}_][\p{L}\p{N}_]*/uy],
  ['dot', /\./y],
  ['mark', /:=|[=|(),]/y],
];

/** Reads from `start`, behind `{{` and its trim mark, up to a `}}` that stands in no string. */
export function lexAction(
  text: string,
  start: number,
  open: number,
): { tokens: readonly Token[]; end: number; trim: boolean } {
  const tokens: Token[] = [];
  let at = start;
  let spaced = true;
  for (;;) {
    const close = /([ \t\r\n]+-)?\}\}/y;
    close.lastIndex = at;
    const closed = close.exec(text);
    if (closed !== null) return { tokens, end: close.lastIndex, trim: closed[1] !== undefined };
    const token = next(text, at);
    if (token === null) throw strange(text, at, open);
    if (token.kind === 'blank') spaced = true;
    else {
      tokens.push({ kind: token.kind, text: plain(token.kind, token.text, text, at), at, spaced });
      spaced = false;
    }
    at += token.text.length;
  }
}

function next(text: string, at: number): { readonly kind: TokenKind | 'blank'; readonly text: string } | null {
  for (const [kind, pattern] of patterns) {
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[0];
    if (found !== undefined) return { kind, text: found };
  }
  return null;
}

function plain(kind: TokenKind, token: string, text: string, at: number): string {
  if (kind === 'field') return token.slice(1);
  if (kind !== 'string' || token.startsWith('`')) return kind === 'string' ? token.slice(1, -1) : token;
  const read = unquote(token.slice(1, -1));
  if (read === null)
    throw syntaxError(text, at, 'a backslash is followed by what means nothing', 'write \\\\ for a backslash');
  // A character is its number, as in Go.
  return token.startsWith("'") ? `${read.codePointAt(0) ?? 0}` : read;
}

const escapes: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  '"': '"',
  "'": "'",
};

/** Go's escapes; null: one that is none. */
function unquote(text: string): string | null {
  let valid = true;
  const read = text.replaceAll(
    /\\(x[\da-fA-F]{2}|u[\da-fA-F]{4}|U[\da-fA-F]{8}|[0-7]{3}|.)/gs,
    (_, sequence: string) => {
      const plainOne = escapes[sequence];
      if (plainOne !== undefined) return plainOne;
      const number = /^[xuU]/.test(sequence) ? Number.parseInt(sequence.slice(1), 16) : Number.parseInt(sequence, 8);
      if (/^([xuU].|[0-7]{3})/.test(sequence) && number <= 0x10ffff) return String.fromCodePoint(number);
      valid = false;
      return '';
    },
  );
  return valid ? read : null;
}

function strange(text: string, at: number, open: number): Error {
  if (at >= text.length) return syntaxError(text, open, 'this {{ has no }}', 'write for example {{.ID}}');
  if (/["'`]/.test(text[at] ?? ''))
    return syntaxError(text, at, 'a text begins here and does not end', 'close it with the same mark');
  if (/[\d+.-]/.test(text[at] ?? ''))
    return syntaxError(
      text,
      at,
      'no number and no field begins so',
      'a field is a dot and a name, as in .ID; others need {{index . "name"}}',
    );
  if (text[at] === '}') return syntaxError(text, at, 'one } closes nothing', 'write }}');
  return syntaxError(
    text,
    at,
    'this stands for nothing in a template',
    'write for example {{.ID}} or {{range .Mounts}}{{.Source}}{{end}}',
  );
}
