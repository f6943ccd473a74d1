/** Who gets a name when an image is stored. */
import type { Digest } from '../image.ts';
import type { Reference } from '../reference.ts';
import { type ImageSource, isFromRegistry } from './image-record.ts';
import type { StoreLayout } from './layout.ts';
import { readName, writeName } from './names.ts';

/**
 * `take`: the name moves to the new image, as `docker load` does it. `if-free`: it stays where it is, unless the same file
 * brought it; so a file that is only run cannot make "debian:12" mean something else.
 */
export type NamePolicy = 'take' | 'if-free';

export function claimNames(
  layout: StoreLayout,
  id: Digest,
  naming: { readonly names: readonly Reference[]; readonly policy: NamePolicy; readonly source: ImageSource | null },
): void {
  const source = naming.source === null || isFromRegistry(naming.source) ? null : naming.source.path;
  for (const name of naming.names) {
    const owner = readName(layout, name);
    const isFree = owner === null || owner.id === id || (source !== null && owner.source === source);
    if (isFree || naming.policy === 'take') writeName(layout, { version: 1, name, id, source });
  }
}
