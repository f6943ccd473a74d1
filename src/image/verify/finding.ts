/** Something of the store that is not what it was. */
import type { Digest } from '../image.ts';
import type { LayerName } from '../store/layer-record.ts';

export type Finding = {
  /** `the layer 4826a282c76e: "etc/passwd" holds something else` */
  readonly what: string;
} & (
  | {
      readonly type: 'layer';
      readonly layer: LayerName;
      /** Those that have it. */
      readonly images: readonly Digest[];
    }
  /** A document is damaged, or a layer is not there. */
  | { readonly type: 'image'; readonly image: Digest }
  /** What tells of an image in a few words; its documents may be whole. */
  | { readonly type: 'record'; readonly image: Digest }
  /** It leads nowhere, or cannot be read; the file. */
  | { readonly type: 'name'; readonly path: string }
);
