/** Chain ids: one digest for a layer together with everything below it, image-spec config.md#layer-chainid. */
import { sha256 } from './digest.ts';
import type { Digest } from './image.ts';

/**
 * The chain id of each layer, bottom first.
 *
 * @example chainIds([a, b]) // [a, sha256(`${a} ${b}`)]
 */
export function chainIds(diffIds: readonly Digest[]): readonly Digest[] {
  const chain: Digest[] = [];
  for (const diffId of diffIds) {
    const below = chain.at(-1);
    chain.push(below === undefined ? diffId : sha256(`${below} ${diffId}`));
  }
  return chain;
}
