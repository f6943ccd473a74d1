/** A verb over several names, as docker has them: all are tried. */
import { TsrunError } from '../errors/tsrun-error.ts';
import { note } from './output.ts';
import { errorText } from './report-error.ts';

/** @returns the last failure, which is the caller's to throw; those before it are printed. null: all went well */
export async function eachName(
  words: readonly string[],
  act: (word: string) => Promise<void> | void,
): Promise<TsrunError | null> {
  let failure: TsrunError | null = null;
  for (const word of words) {
    try {
      await act(word);
    } catch (error) {
      if (!(error instanceof TsrunError)) throw error;
      if (failure !== null) note(errorText(failure, false));
      failure = error;
    }
  }
  return failure;
}
