/** A template's tree filled in from a record. */
import { pipelineValue, valueBeforeSet } from './evaluate-pipeline.ts';
import type { Filling } from './functions.ts';
import { Scope } from './scope.ts';
import type { Node, Range } from './syntax.ts';
import { valueError } from './template-error.ts';
import { isObject, isTrue, kindOf, printed, sortedEntries } from './values.ts';

/** How a list of nodes was left. */
type Left = 'end' | 'break' | 'continue';

/** @throws TsrunError USAGE when the record has not what the template asks for */
export function evaluate(nodes: readonly Node[], text: string, record: unknown, filling: Filling): string {
  const out: string[] = [];
  walk(nodes, new Scope(text, record, filling, null), out);
  return out.join('');
}

function walk(nodes: readonly Node[], scope: Scope, out: string[]): Left {
  for (const node of nodes) {
    const left = step(node, scope, out);
    if (left !== 'end') return left;
  }
  return 'end';
}

function step(node: Node, scope: Scope, out: string[]): Left {
  switch (node.kind) {
    case 'text':
      out.push(node.text);
      return 'end';
    case 'print': {
      const value = pipelineValue(node.pipeline, scope);
      if (node.pipeline.variables.length === 0) out.push(printed(value));
      return 'end';
    }
    case 'if':
    case 'with': {
      const inner = scope.inner(scope.dot);
      const value = pipelineValue(node.pipeline, inner);
      if (!isTrue(value)) return walk(node.otherwise, inner.inner(scope.dot), out);
      return walk(node.body, inner.inner(node.kind === 'with' ? value : scope.dot), out);
    }
    case 'range':
      return range(node, scope, out);
    case 'break':
    case 'continue':
      return node.kind;
  }
}

function range(node: Range, scope: Scope, out: string[]): Left {
  const value = valueBeforeSet(node.pipeline, scope);
  const entries = entriesOf(value, node, scope);
  if (entries.length === 0) return walk(node.otherwise, scope.inner(scope.dot), out);
  const { variables, how } = node.pipeline;
  const [second, first] = variables.length > 1 ? [variables[1], variables[0]] : [variables[0], undefined];
  for (const [key, item] of entries) {
    const inner = scope.inner(item);
    if (first !== undefined) inner.set(first, key, how);
    if (second !== undefined) inner.set(second, item, how);
    if (walk(node.body, inner.inner(item), out) === 'break') break;
  }
  return 'end';
}

function entriesOf(value: unknown, { at }: Range, scope: Scope): readonly (readonly [unknown, unknown])[] {
  if (value === null || value === undefined) return [];
  if (Array.isArray(value)) return [...value.entries()];
  if (isObject(value)) return sortedEntries(value);
  if (typeof value === 'number' && Number.isInteger(value))
    return Array.from({ length: Math.max(value, 0) }, (_, index) => [index, index]);
  throw valueError(
    scope.text,
    at,
    'cannot go through a value with range',
    `it is ${kindOf(value)}`,
    'range is for lists and objects such as .Mounts and .Config.Labels',
  );
}
