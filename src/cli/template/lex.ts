/** A template's text as pieces: what stands outside of braces, and the actions, each as tokens. */
import { lexAction, type Token } from './lex-action.ts';
import { syntaxError } from './template-error.ts';

export type Piece = { readonly kind: 'text'; readonly text: string } | Action;

export interface Action {
  readonly kind: 'action';
  /** Offsets of its braces. */
  readonly at: number;
  readonly end: number;
  readonly tokens: readonly Token[];
}

/** `{{- ` takes the blanks before it away, ` -}}` those behind it; a comment is no action. */
export function lex(text: string): readonly Piece[] {
  const pieces: Piece[] = [];
  let at = 0;
  let trimStart = false;
  for (;;) {
    const open = text.indexOf('{{', at);
    const trimEnd = open >= 0 && /^-[ \t\r\n]/.test(text.slice(open + 2, open + 4));
    const literal = trimmed(text.slice(at, open < 0 ? text.length : open), trimStart, trimEnd);
    if (literal !== '') pieces.push({ kind: 'text', text: literal });
    if (open < 0) return pieces;
    const start = open + (trimEnd ? 4 : 2);
    const comment = commentEnd(text, start);
    const { tokens, end, trim } = comment ?? lexAction(text, start, open);
    if (comment === null) pieces.push({ kind: 'action', at: open, end: end - 2, tokens });
    at = end;
    trimStart = trim;
  }
}

/** The words \t and \n of a text outside of braces are what a shell's quotes kept from being so: docker and podman read them. */
function trimmed(text: string, start: boolean, end: boolean): string {
  const left = start ? text.replace(/^[ \t\r\n]+/, '') : text;
  const both = end ? left.replace(/[ \t\r\n]+$/, '') : left;
  return both.replaceAll('\\t', '\t').replaceAll('\\n', '\n');
}

/** Null: no comment begins here. */
function commentEnd(text: string, start: number): { tokens: readonly Token[]; end: number; trim: boolean } | null {
  const comment = /(?:\/\*)/y;
  comment.lastIndex = start;
  if (!comment.test(text)) return null;
  const whole = /\/\*.*?\*\/(?:([ \t\r\n]+-)?\}\})/sy;
  whole.lastIndex = start;
  const found = whole.exec(text);
  if (found === null) throw syntaxError(text, start, 'this comment does not end in */}}', 'write {{/* like this */}}');
  return { tokens: [], end: whole.lastIndex, trim: found[1] !== undefined };
}
