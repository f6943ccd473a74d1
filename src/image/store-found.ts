/** An image of an archive, read, checked, unpacked and stored. */
import type { ArchiveImage } from './archive/found-image.ts';
import type { ImageContext } from './context.ts';
import { shortDigest } from './digest.ts';
import type { StoredImage } from './store/hold-image.ts';
import type { StoreLayout } from './store/layout.ts';
import { type ImageNaming, storeImage } from './store/store-image.ts';
import { unpackLayers } from './store/unpack-layers.ts';

export async function storeFound(
  layout: StoreLayout,
  image: ArchiveImage,
  naming: ImageNaming,
  ctx: ImageContext,
): Promise<StoredImage> {
  const layers = image.layers.map(({ diffId, size }) => ({ name: shortDigest(diffId), bytes: size }));
  ctx.onProgress({ type: 'start', layers });
  const stored = await storeImage(layout, image, naming, () => unpackLayers(layout, image.layers, ctx), ctx.signal);
  ctx.onProgress({ type: 'done' });
  return stored;
}
