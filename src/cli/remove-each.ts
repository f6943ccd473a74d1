/** `rm` of networks and volumes: each by its name, one after the other. */
import type { ErrorCode } from '../errors/tsrun-error.ts';
import { TsrunError } from '../errors/tsrun-error.ts';
import { eachName } from './each-name.ts';
import { print } from './output.ts';

/**
 * Prints the names of those that are gone.
 *
 * @param fine what is no error with `--force`: that there is none
 * @throws what was wrong first, when the others have had their turn
 */
export async function removeEach(
  words: readonly string[],
  fine: ErrorCode | null,
  remove: (word: string) => Promise<void>,
): Promise<void> {
  const failure = await eachName(words, async (word) => {
    try {
      await remove(word);
    } catch (error) {
      if (!(error instanceof TsrunError && error.code === fine)) throw error;
    }
    print(word);
  });
  if (failure !== null) throw failure;
}
