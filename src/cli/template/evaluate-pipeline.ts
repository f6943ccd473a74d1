/** Values of pipelines. */
import { nearest } from '../../errors/nearest.ts';
import { callFunction, shortCircuit } from './functions.ts';
import type { Scope } from './scope.ts';
import type { Command, FieldName, Operand, Pipeline } from './syntax.ts';
import { ArgumentFault, valueError } from './template-error.ts';
import { isMap, isObject, kindOf } from './values.ts';

/** The value of a pipeline; sets the variables that it declares or assigns unless a range does. */
export function pipelineValue(pipeline: Pipeline, scope: Scope): unknown {
  const value = valueBeforeSet(pipeline, scope);
  const [name] = pipeline.variables;
  if (name !== undefined) scope.set(name, value, pipeline.how);
  return value;
}

export function valueBeforeSet({ commands }: Pipeline, scope: Scope): unknown {
  const [first, ...rest] = commands;
  if (first === undefined) return undefined;
  return rest.reduce(
    (value: unknown, command) => commandValue(command, [value], scope),
    commandValue(first, [], scope),
  );
}

function commandValue({ operands }: Command, piped: readonly unknown[], scope: Scope): unknown {
  const [first, ...rest] = operands;
  switch (first?.kind) {
    case undefined:
      return undefined;
    case 'literal':
      return first.value;
    case 'function':
      return inPlace(first.at, scope, () =>
        callFunction(first.name, values(first.name, rest, piped, scope), scope.filling),
      );
    case 'fields': {
      const value = fieldsValue(first, scope);
      const given = rest.length > 0 || piped.length > 0;
      if (typeof value === 'function') {
        const all = [...rest.map((operand) => operandValue(operand, scope)), ...piped];
        return inPlace(first.at, scope, () => value(...all));
      }
      if (!given) return value;
      throw valueError(
        scope.text,
        first.at,
        'cannot give a value to what is no function',
        `it is ${kindOf(value)}`,
        'a function comes first, as in {{join .Names ","}}',
      );
    }
  }
}

/** `and` and `or` stop at the value that decides. */
function values(
  name: string,
  operands: readonly Operand[],
  piped: readonly unknown[],
  scope: Scope,
): readonly unknown[] {
  const decides = shortCircuit[name];
  const all: unknown[] = [];
  for (const operand of operands) {
    all.push(operandValue(operand, scope));
    if (decides?.(all.at(-1)) === true) return all;
  }
  return [...all, ...piped];
}

function operandValue(operand: Operand, scope: Scope): unknown {
  return commandValue({ at: operand.at, operands: [operand] }, [], scope);
}

function fieldsValue({ of, names }: Extract<Operand, { kind: 'fields' }>, scope: Scope): unknown {
  return names.reduce((value: unknown, name) => field(value, name, scope), startValue(of, scope));
}

function startValue(of: Extract<Operand, { kind: 'fields' }>['of'], scope: Scope): unknown {
  switch (of.kind) {
    case 'dot':
      return scope.dot;
    case 'variable':
      return scope.get(of.name);
    case 'pipeline':
      return pipelineValue(of.pipeline, scope);
  }
}

function field(value: unknown, { name, at }: FieldName, scope: Scope): unknown {
  if (isObject(value)) {
    if (Object.hasOwn(value, name)) return value[name];
    if (isMap(value)) return undefined;
  }
  const known = isObject(value) ? Object.keys(value) : [];
  const close = nearest(name, known);
  throw valueError(
    scope.text,
    at,
    `there is no field "${name}"`,
    known.length === 0
      ? `what stands before it is ${kindOf(value)}, without fields`
      : `the fields are ${known.join(', ')}`,
    close === null ? 'field names are case-sensitive; {{json .}} shows all' : `did you mean ".${close}"?`,
  );
}

/** Faults in arguments get the place of the function. */
function inPlace(at: number, scope: Scope, call: () => unknown): unknown {
  try {
    return call();
  } catch (error) {
    if (!(error instanceof ArgumentFault)) throw error;
    throw valueError(scope.text, at, 'cannot fill in a value', error.message, error.hint);
  }
}
