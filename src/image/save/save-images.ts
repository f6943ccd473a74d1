/** `tsrun save`: stored images as one archive. */
import type { Paths } from '../../host/paths.ts';
import { prepareStore } from '../prepare-store.ts';
import { storeLayout } from '../store/layout.ts';
import { tidyStore } from '../store/tidy.ts';
import type { ArchiveOutput, ArchivePart } from './archive-part.ts';
import { chooseStored } from './chosen-image.ts';
import { dockerArchive } from './docker-archive.ts';
import { ociArchive } from './oci-archive.ts';

export const saveFormats = ['docker-archive', 'oci-archive'] as const;
export type SaveFormat = (typeof saveFormats)[number];

/** ISA-L's smallest. */
const gzip = { format: 'gzip', level: 3 } as const;

/**
 * The archive of images, with the names they were chosen by; those chosen by their id have none in it. Each layer's digest is checked
 * while it is written: an archive that came to its end is right.
 *
 * @throws TsrunError IMAGE_NOT_FOUND, IMAGE_AMBIGUOUS, STORE, ABORTED
 * @example saveImages(paths, ['alpine'], { format: 'oci-archive', output: 'file' }, signal)
 */
export async function* saveImages(
  paths: Paths,
  words: readonly string[],
  { format, output }: { readonly format: SaveFormat; readonly output: ArchiveOutput },
  signal: AbortSignal,
): AsyncGenerator<ArchivePart> {
  const layout = storeLayout(paths);
  await tidyStore(paths);
  using chosen = await chooseStored(layout, words, signal);
  if (format === 'docker-archive') yield* dockerArchive(layout, chosen.images, signal);
  else {
    if (output === 'stream') prepareStore(layout);
    yield* ociArchive(layout, chosen.images, { compression: gzip, output }, signal);
  }
}
