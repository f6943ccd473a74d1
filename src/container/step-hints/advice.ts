/** How the tables of this folder are written. */
import type { ErrnoName } from '../../errors/errno.ts';
import type { Operation } from '../../native/messages.ts';
import type { Step } from '../../plan/plan.ts';

export type StepOf<K extends Step['kind']> = Extract<Step, { kind: K }>;

/** Who launched, as far as advice differs. */
export interface Launcher {
  readonly rootless: boolean;
  /** The container has a user namespace of its own. */
  readonly userns: boolean;
}

/** What an errno means at one kind of step, and what to do about it. The first row that fits counts. */
export interface Advice<S extends Step> {
  readonly errno: ErrnoName | readonly ErrnoName[];
  /** The calls it is about; all of the step's when left out. */
  readonly calls?: readonly Operation[];
  readonly when?: (step: S, launcher: Launcher) => boolean;
  /** Replaces the words of errno(3) where they mislead. */
  readonly means?: string;
  readonly hint: string | null;
}

export type AdviceTable = { readonly [K in Step['kind']]?: readonly Advice<StepOf<K>>[] };

export const seeDoctor = '"tsrun doctor" says what this host allows';
