/** `image pack`: images with all their names, for a cache that is restored on another machine. */
import type { Paths } from '../../host/paths.ts';
import type { CompressionChoice } from '../layer/compress.ts';
import { prepareStore } from '../prepare-store.ts';
import { listImageIds } from '../store/image-record.ts';
import { storeLayout } from '../store/layout.ts';
import { listNames } from '../store/names.ts';
import { tidyStore } from '../store/tidy.ts';
import type { ArchiveOutput, ArchivePart } from './archive-part.ts';
import { chooseStored } from './chosen-image.ts';
import { ociArchive } from './oci-archive.ts';

/** ISA-L's smallest gzip, and zstd, which reads back faster. */
export const packCompressions = {
  zstd: { format: 'zstd', level: 3 },
  gzip: { format: 'gzip', level: 3 },
} as const satisfies Readonly<Record<string, CompressionChoice>>;

/**
 * An oci-archive of images, of all when none are named.
 *
 * @throws TsrunError IMAGE_NOT_FOUND, IMAGE_AMBIGUOUS, STORE, ABORTED
 */
export async function* packImages(
  paths: Paths,
  words: readonly string[],
  { compression, output }: { readonly compression: keyof typeof packCompressions; readonly output: ArchiveOutput },
  signal: AbortSignal,
): AsyncGenerator<ArchivePart> {
  const layout = storeLayout(paths);
  await tidyStore(paths);
  if (output === 'stream') prepareStore(layout);
  using chosen = await chooseStored(layout, words.length === 0 ? listImageIds(layout) : words, signal);
  const names = listNames(layout);
  const images = chosen.images.map((image) => ({
    ...image,
    names: names.filter(({ id }) => id === image.record.id).map(({ name }) => name),
  }));
  yield* ociArchive(layout, images, { compression: packCompressions[compression], output }, signal);
}
