/** What an action sees: the dot, and the variables that were declared before it. */
import type { Filling } from './functions.ts';

export class Scope {
  readonly text: string;
  readonly dot: unknown;
  readonly filling: Filling;
  readonly #outer: Scope | null;
  readonly #variables = new Map<string, unknown>();

  /** @param text of the whole template, for messages */
  constructor(text: string, dot: unknown, filling: Filling, outer: Scope | null) {
    this.text = text;
    this.dot = dot;
    this.filling = filling;
    this.#outer = outer;
    if (outer === null) this.#variables.set('$', dot);
  }

  /** Inside of an action: what is declared there is gone after it. */
  inner(dot: unknown): Scope {
    return new Scope(this.text, dot, this.filling, this);
  }

  get(name: string): unknown {
    return this.#variables.has(name) ? this.#variables.get(name) : this.#outer?.get(name);
  }

  set(name: string, value: unknown, how: 'declare' | 'assign'): void {
    if (how === 'declare' || this.#variables.has(name)) this.#variables.set(name, value);
    else this.#outer?.set(name, value, how);
  }
}
