/** What reading an image needs from its caller. */
import type { Readable } from 'node:stream';
import type { Paths } from '../host/paths.ts';
import type { UserNamespace } from '../plan/host-facts.ts';
import type { OnImageProgress } from './progress.ts';

/** Bounds on what one image may unpack to. */
export interface ImageLimits {
  readonly maxBytes: number;
  readonly maxEntries: number;
}

export interface ImageContext {
  readonly paths: Paths;
  /** The kind of user namespace whose ids the unpacked files carry. */
  readonly mapping: UserNamespace;
  /** os/arch[/variant]; null: what this machine runs. */
  readonly platform: string | null;
  readonly pull: 'missing' | 'never' | 'always';
  readonly limits: ImageLimits;
  /** What the argument `-` reads. */
  readonly stdin: Readable;
  readonly onProgress: OnImageProgress;
  readonly signal: AbortSignal;
}
