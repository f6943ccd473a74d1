/** What a template is made of, as the parser of Go's text/template has it; `at` is an offset in the text that somebody typed. */

export type Node = Text | Print | If | With | Range | Jump;

export interface Text {
  readonly kind: 'text';
  readonly text: string;
}
/** `{{pipeline}}`; one that declares or assigns prints nothing. */
export interface Print {
  readonly kind: 'print';
  readonly pipeline: Pipeline;
}
export interface If {
  readonly kind: 'if';
  readonly pipeline: Pipeline;
  readonly body: readonly Node[];
  readonly otherwise: readonly Node[];
}
export interface With extends Omit<If, 'kind'> {
  readonly kind: 'with';
}
export interface Range extends Omit<If, 'kind'> {
  readonly kind: 'range';
  readonly at: number;
}
export interface Jump {
  readonly kind: 'break' | 'continue';
}

/** Commands from left to right: the value of each is the last argument of the next. */
export interface Pipeline {
  readonly variables: readonly string[];
  readonly how: 'declare' | 'assign';
  readonly commands: readonly Command[];
}

/** An operand, and what it is given. */
export interface Command {
  readonly at: number;
  readonly operands: readonly Operand[];
}

export type Operand =
  | { readonly kind: 'literal'; readonly at: number; readonly value: string | number | boolean | null }
  | { readonly kind: 'function'; readonly at: number; readonly name: string }
  | { readonly kind: 'fields'; readonly at: number; readonly of: Start; readonly names: readonly FieldName[] };

/** What a chain of fields starts from: `.`, `$name`, `(pipeline)`. */
export type Start =
  | { readonly kind: 'dot' }
  | { readonly kind: 'variable'; readonly name: string }
  | { readonly kind: 'pipeline'; readonly pipeline: Pipeline };

export interface FieldName {
  readonly name: string;
  readonly at: number;
}
