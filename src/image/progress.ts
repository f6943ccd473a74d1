/** Progress of reading an image, as events: the command draws them, the library passes them on. */
export type ImageProgress =
  | { readonly type: 'start'; readonly layers: readonly { readonly name: string; readonly bytes: number }[] }
  | { readonly type: 'layer'; readonly index: number; readonly read: number; readonly total: number }
  | {
      readonly type: 'layer-done';
      readonly index: number;
      /** `mounted`: the registry took it over from another of its repositories. */
      readonly how: 'unpacked' | 'already-there' | 'pushed' | 'mounted';
    }
  /** Nothing comes for a while: a registry asked to wait, or a connection broke and is made anew. */
  | { readonly type: 'wait'; readonly milliseconds: number; readonly why: string }
  | { readonly type: 'done' };

export type OnImageProgress = (event: ImageProgress) => void;
