/** What a narrator hears of a start, in this order: what connects it with its networks, the plan, each finished step, and that the command is about to run. */
import type { Change } from '../network/netlink/witness.ts';
import type { Plan } from '../plan/plan.ts';
import type { PlaceNames } from '../plan/render/shell-words.ts';

export type StepEvent =
  | { readonly type: 'changed'; readonly change: Change }
  | { readonly type: 'planned'; readonly plan: Plan; readonly places: PlaceNames }
  | {
      readonly type: 'done';
      /** Index in the plan. */
      readonly step: number;
      readonly nanoseconds: number;
      /** The new process as the host sees it, from the clone on; null: not yet, or init itself reports. */
      readonly pid: number | null;
    }
  /**
   * The new process waits until this was listened to. After it come the filter, where nothing is allowed but what the
   * command needs, and exec: init reports neither.
   */
  | { readonly type: 'ready' }
  /** In the place of `ready`: the start has failed, and its error comes next. */
  | { readonly type: 'failed' };
