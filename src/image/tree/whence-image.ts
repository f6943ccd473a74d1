/** `whence` of a stored image. */
import type { Paths } from '../../host/paths.ts';
import { instructionsOf } from '../history.ts';
import { storeLayout } from '../store/layout.ts';
import { openImageStack } from './layer-stack.ts';
import { type PathWhence, whence } from './whence.ts';

export interface ImageWhence {
  readonly found: readonly PathWhence[];
  /** Instructions by diff id. */
  readonly instructions: ReadonlyMap<string, string>;
}

/**
 * @param path absolute or from the root, a byte string
 * @throws TsrunError IMAGE_NOT_FOUND, IMAGE_AMBIGUOUS, STORE; USAGE for a loop of symlinks
 */
export async function whenceImage(paths: Paths, word: string, path: string, signal: AbortSignal): Promise<ImageWhence> {
  using stack = await openImageStack(storeLayout(paths), word, signal);
  return { found: await whence(stack.trees, path), instructions: await instructionsOf(paths, stack.id, signal) };
}
