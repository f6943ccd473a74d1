/** A root filesystem tar as an image of one layer. */
import type { ImageContext } from '../context.ts';
import { guessArchitecture } from '../rootfs/guess-architecture.ts';
import { syntheticConfig, syntheticDocument } from '../rootfs/synthetic-config.ts';
import type { StoredImage } from './hold-image.ts';
import type { StoreLayout } from './layout.ts';
import type { ImageNaming } from './store-image.ts';
import { storeWithNewLayer } from './store-new-layer.ts';

type Needs = Pick<ImageContext, 'mapping' | 'limits' | 'signal' | 'onProgress'>;

export const storeRootfs = (
  layout: StoreLayout,
  source: { readonly blob: AsyncIterable<Uint8Array>; readonly size: number | null },
  naming: ImageNaming,
  ctx: Needs,
): Promise<StoredImage> =>
  storeWithNewLayer(
    layout,
    { layers: [], paths: [] },
    {
      ...source,
      what: 'the root filesystem',
      describe: (diffId, directory) => {
        const config = syntheticConfig(guessArchitecture(directory));
        return { config, configBytes: syntheticDocument(config, diffId) };
      },
    },
    naming,
    ctx,
  );
