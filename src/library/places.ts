/** Which store and state directory a program means. */
import { type Paths, pathsFor } from '../host/paths.ts';

/** Where images and containers are. What is left out is the user's own place, as for the command. */
export interface PlaceOptions {
  /** Directory for images and containers. */
  readonly store?: string;
  /** State directory. */
  readonly root?: string;
}

export const pathsOf = ({ store, root }: { readonly [Key in keyof PlaceOptions]: string | undefined }): Paths =>
  pathsFor({
    uid: process.geteuid?.() ?? 0,
    env: process.env,
    overrides: { store: store ?? null, state: root ?? null },
  });
