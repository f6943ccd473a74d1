/** A verb over several containers, as docker has them: all are tried, each that worked is printed as it was named. */

import { findKept } from '../container/kept/find-kept.ts';
import type { KeptContainer } from '../container/kept/kept-container.ts';
import { TsrunError } from '../errors/tsrun-error.ts';
import type { Paths } from '../host/paths.ts';
import { note, print } from './output.ts';
import { errorText } from './report-error.ts';

/**
 * @param act gives what is printed: the name as it was given, for most verbs
 * @throws TsrunError the last failure; those before it are printed
 */
export async function eachContainer(
  paths: Paths,
  words: readonly string[],
  act: (container: KeptContainer, word: string) => Promise<string> | string,
  missing: 'is an error' | 'is fine' = 'is an error',
): Promise<void> {
  let failure: TsrunError | null = null;
  for (const word of words) {
    try {
      print(await act(findKept(paths, word), word));
    } catch (error) {
      if (!(error instanceof TsrunError)) throw error;
      if (missing === 'is fine' && error.code === 'CONTAINER_NOT_FOUND') continue;
      if (failure !== null) note(errorText(failure, false));
      failure = error;
    }
  }
  if (failure !== null) throw failure;
}
