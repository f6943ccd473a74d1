/** Something that was found out about a container, and where. */

export interface Evidence {
  /** A file, or a line of one: `memory.events: oom_kill`. */
  readonly source: string;
  readonly value: string;
}

export interface Finding {
  /**
   * - `cause` why it ended, or does not go on
   * - `near` what was in its way, or nearly
   * - `unknown` what cannot be said, and why not
   */
  readonly kind: 'cause' | 'near' | 'unknown';
  /** A sentence without a full stop. */
  readonly what: string;
  readonly evidence: readonly Evidence[];
  /** What a person can do; null: nothing that we know of. */
  readonly advice: string | null;
}

export const finding = (
  kind: Finding['kind'],
  what: string,
  evidence: readonly Evidence[],
  advice: string | null = null,
): Finding => ({ kind, what, evidence, advice });
