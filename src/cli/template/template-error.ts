/** Errors of a template: what is wrong, where it was typed, what to write. */
import { TsrunError } from '../../errors/tsrun-error.ts';

/** A text that is no template. @param at offset of what is wrong */
export function syntaxError(text: string, at: number, why: string, hint: string): TsrunError {
  return new TsrunError('USAGE', `cannot understand --format ${quoted(text)}`, {
    why: placed(text, at, why),
    hint,
  });
}

/** What a template asks of a record that it has not. */
export function valueError(text: string, at: number, what: string, why: string, hint: string): TsrunError {
  return new TsrunError('USAGE', `${what} in --format ${quoted(text)}`, { why: placed(text, at, why), hint });
}

/** A fault in the arguments of a function; whoever calls knows where the function stands. */
export class ArgumentFault extends Error {
  readonly hint: string;

  constructor(why: string, hint: string) {
    super(why);
    this.hint = hint;
  }
}

/** As it was typed, most likely: in a shell's single quotes. */
const quoted = (text: string): string => (/[\n']/.test(text) ? JSON.stringify(text) : `'${text}'`);

function placed(text: string, at: number, why: string): string {
  const rest = text.slice(at).split('\n', 1)[0] ?? '';
  const near = rest.length > 20 ? `${rest.slice(0, 19)}…` : rest;
  return `column ${at + 1}${near === '' ? ', at the end' : `, at ${near}`}: ${why}`;
}
