/** Who hears what is changed in the kernel, for `--explain`: what was sent itself, and not a second account of it. */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { NetlinkFailure } from './answer.ts';
import type { NetlinkMessage } from './message.ts';
import type { Space } from './space.ts';

export type Change =
  | {
      readonly type: 'messages';
      readonly protocol: 'route' | 'netfilter';
      readonly messages: readonly NetlinkMessage[];
      readonly space: Space;
      readonly failure: NetlinkFailure | null;
      readonly nanoseconds: number;
    }
  /** A network namespace was made, and is kept at a file. */
  | { readonly type: 'namespace'; readonly file: string; readonly nanoseconds: number }
  /** A plugin of CNI was called. */
  | {
      readonly type: 'plugin';
      readonly program: string;
      readonly verb: string;
      readonly environment: Readonly<Record<string, string>>;
      readonly input: string;
      readonly output: string;
      readonly nanoseconds: number;
    }
  /** A file of /proc/sys was written. */
  | { readonly type: 'setting'; readonly file: string; readonly value: string; readonly nanoseconds: number };

export type Witness = (change: Change) => void;

const witness = new AsyncLocalStorage<Witness>();

/** Does the work, and has the witness hear of each change that it makes. */
export const witnessed = <T>(hear: Witness, work: () => Promise<T>): Promise<T> => witness.run(hear, work);

/** Where nobody listens this costs nothing. */
export function told<T>(work: () => T, change: (done: T, nanoseconds: number) => Change): T {
  const hear = witness.getStore();
  if (hear === undefined) return work();
  const begin = process.hrtime.bigint();
  const done = work();
  hear(change(done, Number(process.hrtime.bigint() - begin)));
  return done;
}

/** The same of work that takes its time. */
export async function toldLater<T>(
  work: () => Promise<T>,
  change: (done: T, nanoseconds: number) => Change,
): Promise<T> {
  const hear = witness.getStore();
  if (hear === undefined) return await work();
  const begin = process.hrtime.bigint();
  const done = await work();
  hear(change(done, Number(process.hrtime.bigint() - begin)));
  return done;
}
