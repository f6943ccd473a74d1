/** Progress of reading an image, as events: the command draws them, the library passes them on. */
export type ImageProgress =
  | {
      /** It is known what there is to read. */
      readonly type: 'start';
      /** The bottom one first. */
      readonly layers: readonly {
        /** The beginning of its digest. */
        readonly name: string;
        /** As it lies in the archive or registry. */
        readonly bytes: number;
      }[];
    }
  | {
      /** More of a layer was read. */
      readonly type: 'layer';
      /** Which of the layers. */
      readonly index: number;
      /** Bytes so far. */
      readonly read: number;
      /** Bytes in all. */
      readonly total: number;
    }
  | {
      /** A layer is where it belongs. */
      readonly type: 'layer-done';
      /** Which of the layers. */
      readonly index: number;
      /** `mounted`: the registry took it over from another of its repositories. */
      readonly how: 'unpacked' | 'already-there' | 'pushed' | 'mounted';
    }
  | {
      /** Nothing comes for a while: a registry asked to wait, or a connection broke and is made anew. */
      readonly type: 'wait';
      /** How long. */
      readonly milliseconds: number;
      /** In words. */
      readonly why: string;
    }
  | {
      /** A registry took a request and has not answered for a while. */
      readonly type: 'silent';
      /** `registry.example:5000` */
      readonly host: string;
      /** For how long. */
      readonly milliseconds: number;
      /** For how much longer it is waited for. */
      readonly left: number;
    }
  | {
      /** The last event. */
      readonly type: 'done';
    };

export type OnImageProgress = (event: ImageProgress) => void;
