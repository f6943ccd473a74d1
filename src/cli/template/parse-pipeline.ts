/** Pipelines: `$x := .Names | join ","`. */
import { nearest } from '../../errors/nearest.ts';
import { functionNames } from './functions.ts';
import type { Action } from './lex.ts';
import type { Token } from './lex-action.ts';
import type { Command, FieldName, Operand, Pipeline, Start } from './syntax.ts';
import { syntaxError } from './template-error.ts';

/** The tokens of one action, read from the front, and the variables that are known there. */
export class ActionReader {
  readonly text: string;
  /** Where the braces close. */
  readonly end: number;
  readonly #tokens: readonly Token[];
  readonly #variables: string[];
  #next = 0;

  constructor(text: string, { tokens, end }: Action, variables: string[]) {
    this.text = text;
    this.#tokens = tokens;
    this.#variables = variables;
    this.end = end;
  }

  get token(): Token | undefined {
    return this.#tokens[this.#next];
  }

  /** Takes the next token if it is this. */
  take(kind: Token['kind'], text?: string): Token | null {
    const token = this.token;
    if (token?.kind !== kind || (text !== undefined && token.text !== text)) return null;
    this.#next++;
    return token;
  }

  /** @throws TsrunError USAGE when something is left */
  finish(): void {
    if (this.token !== undefined)
      throw this.error(this.token.at, 'this is too much here', 'close the braces before it');
  }

  error(at: number, why: string, hint: string): Error {
    return syntaxError(this.text, at, why, hint);
  }

  pipeline(): Pipeline {
    const { variables, how } = this.#declaration();
    const commands: Command[] = [];
    do commands.push(this.#command());
    while (this.take('mark', '|') !== null);
    for (const [index, { operands, at }] of commands.entries()) {
      if (index > 0 && operands[0]?.kind === 'literal') {
        throw this.error(
          at,
          'a value cannot be given to a constant',
          'behind | stands a function, as in {{.Names | upper}}',
        );
      }
    }
    if (how === 'declare') this.#variables.push(...variables);
    return { variables, how, commands };
  }

  #declaration(): Pick<Pipeline, 'variables' | 'how'> {
    const start = this.#next;
    const variables: string[] = [];
    for (let token = this.take('variable'); token !== null; token = this.take('variable')) {
      variables.push(token.text);
      if (this.take('mark', ',') === null) break;
    }
    const declares = variables.length > 0 && this.take('mark', ':=') !== null;
    if (declares || (variables.length > 0 && this.take('mark', '=') !== null)) {
      return { variables, how: declares ? 'declare' : 'assign' };
    }
    this.#next = start;
    return { variables: [], how: 'declare' };
  }

  #command(): Command {
    const at = this.token?.at ?? this.end;
    const operands: Operand[] = [];
    for (let operand = this.#operand(); operand !== null; operand = this.#operand()) operands.push(operand);
    if (operands.length === 0) throw this.error(at, 'a value is missing here', 'write for example {{.ID}}');
    const [first, ...rest] = operands;
    if (first?.kind === 'literal' && first.value === null) {
      throw this.error(at, 'nil is no value to print', 'compare with it, as in {{eq .Config.Healthcheck nil}}');
    }
    if (first?.kind === 'literal' && rest.length > 0) {
      throw this.error(at, 'a constant takes no arguments', 'a function comes first, as in {{printf "%s" .ID}}');
    }
    return { at, operands };
  }

  #operand(): Operand | null {
    const token = this.token;
    if (token === undefined) return null;
    const { at } = token;
    if (this.take('string') !== null) {
      // A character is a number.
      const value = this.text[at] === "'" ? Number(token.text) : token.text;
      return { kind: 'literal', at, value };
    }
    if (this.take('number') !== null) return { kind: 'literal', at, value: Number(token.text.replaceAll('_', '')) };
    if (this.take('word') !== null) return this.#word(token);
    const of = this.#start();
    if (of !== null) return { kind: 'fields', at, of, names: this.#fields(token.kind === 'field') };
    if (token.kind === 'mark' && !['|', ')'].includes(token.text)) {
      throw this.error(at, 'this has no place here', 'variables are set as in {{$x := .ID}}');
    }
    return null;
  }

  #word({ text, at }: Token): Operand {
    switch (text) {
      case 'true':
      case 'false':
        return { kind: 'literal', at, value: text === 'true' };
      case 'nil':
        return { kind: 'literal', at, value: null };
    }
    if (functionNames.includes(text)) return { kind: 'function', at, name: text };
    const close = nearest(text, functionNames);
    throw this.error(
      at,
      `there is no function "${text}"; the functions are ${functionNames.join(', ')}`,
      close === null ? `for a field write .${text}` : `did you mean ${close}? For a field write .${text}`,
    );
  }

  #start(): Start | null {
    if (this.take('dot') !== null) return { kind: 'dot' };
    if (this.token?.kind === 'field') return { kind: 'dot' };
    const variable = this.take('variable');
    if (variable !== null) {
      if (!this.#variables.includes(variable.text)) {
        throw this.error(
          variable.at,
          `there is no variable ${variable.text}`,
          `set it first, as in {{${variable.text} := .ID}}`,
        );
      }
      return { kind: 'variable', name: variable.text };
    }
    const open = this.take('mark', '(');
    if (open === null) return null;
    const pipeline = this.pipeline();
    if (this.take('mark', ')') === null) throw this.error(open.at, 'this ( has no )', 'close it before the braces');
    return { kind: 'pipeline', pipeline };
  }

  /** Those that follow without a blank; `leading`: the first begins the operand, with whatever before it. */
  #fields(leading: boolean): readonly FieldName[] {
    const names: FieldName[] = [];
    for (let token = this.token; token?.kind === 'field'; token = this.token) {
      if (token.spaced && !(leading && names.length === 0)) break;
      names.push({ name: token.text, at: token.at });
      this.#next++;
    }
    return names;
  }
}
