/** Why the last start of a container failed: the file `failed` of its directory, gone with the next start that works. */
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { TsrunError } from '../../errors/tsrun-error.ts';
import { writeWhole } from '../state/oci-directory.ts';

export interface StartFailure {
  /** RFC 3339. */
  readonly time: string;
  readonly code: string;
  readonly message: string;
  readonly why: string | null;
  readonly hint: string | null;
}

const failedFile = 'failed';

/** Runs a start, and keeps what it says when it fails. */
export async function rememberingFailure<Result>(directory: string, start: () => Promise<Result>): Promise<Result> {
  try {
    const result = await start();
    rmSync(join(directory, failedFile), { force: true });
    return result;
  } catch (error) {
    if (error instanceof TsrunError) {
      const { code, message, why, hint } = error;
      const failure: StartFailure = { time: new Date().toISOString(), code, message, why, hint };
      try {
        writeWhole(join(directory, failedFile), JSON.stringify(failure), 0o600);
      } catch {
        // What failed first is what the person wants to know.
      }
    }
    throw error;
  }
}

/** null: it did not fail. */
export function readStartFailure(directory: string): StartFailure | null {
  try {
    return JSON.parse(readFileSync(join(directory, failedFile), 'utf8')) as StartFailure;
  } catch {
    return null;
  }
}
