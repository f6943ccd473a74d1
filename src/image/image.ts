/** What the rest of tsrun gets to know of an image. */

/** `sha256:` and 64 lower-case hex digits. Made only by `parseDigest`. */
export type Digest = string & { readonly __brand: 'Digest' };

/** The execution parameters of image-spec config.md, with every default filled in. */
export interface ImageConfig {
  readonly os: string;
  readonly architecture: string;
  readonly variant: string | null;
  readonly env: readonly string[];
  readonly entrypoint: readonly string[];
  readonly cmd: readonly string[];
  /** '' means root. */
  readonly user: string;
  /** '' means /. */
  readonly workingDir: string;
  readonly stopSignal: string | null;
  /** null: it says nothing of its health. */
  readonly healthcheck: ImageHealthcheck | null;
  /** What runs a command that is a line of text; [] is `/bin/sh -c`. */
  readonly shell: readonly string[];
  readonly volumes: readonly string[];
  readonly exposedPorts: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  readonly created: string | null;
}

/** docker's HEALTHCHECK, image-spec config.md. Times are milliseconds; 0: not said. */
export interface ImageHealthcheck {
  /** `['NONE']`, `['CMD', ...]`, `['CMD-SHELL', line]`; []: that of the image below, which there is none of. */
  readonly test: readonly string[];
  readonly interval: number;
  readonly timeout: number;
  readonly startPeriod: number;
  readonly startInterval: number;
  readonly retries: number;
}

/** An image whose layers are unpacked and ready to be mounted. */
export type ReadyImage =
  | {
      readonly type: 'layers';
      /** Digest of the config document: the image's id. */
      readonly id: Digest;
      /** References it is known by, for messages. */
      readonly names: readonly string[];
      readonly config: ImageConfig;
      /** Absolute directories, bottom layer first; each an overlay lower directory. */
      readonly layers: readonly string[];
      /** Shared flock held by this file descriptor while the layers are in use. */
      readonly lock: number;
    }
  | {
      /** A directory used as it is (`tsrun run ./rootfs sh`): overlay over it, so that it stays unchanged. */
      readonly type: 'directory';
      readonly path: string;
      readonly config: ImageConfig;
    };
