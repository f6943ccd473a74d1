/** Where messages to the kernel take effect. */

/** A network namespace. */
export type Space =
  | { readonly type: 'own' }
  /** By the descriptors of its file and of that of the user namespace that it belongs to; -1: the caller's. */
  | { readonly type: 'other'; readonly network: number; readonly users: number }
  /** It has ended, with all that was in it. */
  | { readonly type: 'gone' };

export const ownSpace: Space = { type: 'own' };
