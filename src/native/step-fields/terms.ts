/** What the writers of steps share: numbers of words, and the shape of a table of writers. */
import type { NamespaceKind, Step } from '../../plan/plan.ts';
import type { ByteWriter } from '../byte-writer.ts';

/** Writes the fields of one kind of step, in the order of its `Fields` in native/plan. */
export type FieldWriter<One extends Step> = (w: ByteWriter, step: One) => unknown;

/** One for each kind of these steps: one that is missing does not compile. */
export type FieldWriters<Some extends Step> = {
  readonly [Kind in Some['kind']]: FieldWriter<Extract<Some, { readonly kind: Kind }>>;
};

/** Of a step that says it all by being there. */
export const nothing = (): void => undefined;

export const demand = { required: 0, 'best-effort': 1 } as const;
export const reach = { this: 0, tree: 1 } as const;

const namespaceBits: Readonly<Record<NamespaceKind, number>> = {
  mount: 1 << 0,
  pid: 1 << 1,
  network: 1 << 2,
  uts: 1 << 3,
  ipc: 1 << 4,
  cgroup: 1 << 5,
  user: 1 << 6,
  time: 1 << 7,
};

/** Bits of native/plan/terms.h. */
export const bitsOf = (kinds: readonly NamespaceKind[]): number =>
  kinds.reduce((bits, kind) => bits | namespaceBits[kind], 0);
