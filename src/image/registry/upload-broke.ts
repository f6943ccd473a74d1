/** Why an upload came to nothing, and what may come of another one. */
import type { TsrunError } from '../../errors/tsrun-error.ts';

/** It is to begin anew. */
export class UploadBroke extends Error {
  /** Milliseconds that the registry wants to be left alone; null: it does not say. */
  readonly wait: number | null;
  /** For the user, when there are no more tries. */
  readonly error: TsrunError;

  constructor(why: string, wait: number | null, error: TsrunError) {
    super(why, { cause: error });
    this.wait = wait;
    this.error = error;
  }
}

/** The registry does not take it sent like this: it is to be sent the other way. */
export class WayRefused extends Error {
  readonly error: TsrunError;

  constructor(error: TsrunError) {
    super(error.message, { cause: error });
    this.error = error;
  }
}
