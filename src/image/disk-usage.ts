/** What the stored images take up, layers that several of them have counted once. */
import type { Paths } from '../host/paths.ts';
import { type ImageSummary, listImages } from './list-images.ts';
import { listLayers } from './store/free-layers.ts';
import { readImageRecord } from './store/image-record.ts';
import { readLayerRecord } from './store/layer-record.ts';
import { storeLayout } from './store/layout.ts';

export interface ImageUsage {
  readonly image: ImageSummary;
  /** Bytes of its layers, for every id mapping that they are unpacked for. */
  readonly size: number;
  /** Of these, in layers that another image has too. */
  readonly shared: number;
}

export interface ImagesUsage {
  readonly images: readonly ImageUsage[];
  /** Of all layers, each once. */
  readonly size: number;
  /** Of the layers that no image in use has. */
  readonly reclaimable: number;
}

/** @param isUsed whether a container is made from an image */
export async function imagesUsage(paths: Paths, isUsed: (image: ImageSummary) => boolean): Promise<ImagesUsage> {
  const layout = storeLayout(paths);
  const summaries = await listImages(paths);
  const layers = listLayers(layout).flatMap((name) => readLayerRecord(layout, name) ?? []);
  const bytesOf = new Map<string, number>();
  for (const { chainId, bytes } of layers) {
    if (chainId !== null) bytesOf.set(chainId, (bytesOf.get(chainId) ?? 0) + bytes);
  }
  const chains = new Map(
    summaries.map((image) => [
      image.id,
      [...new Set(readImageRecord(layout, image.id)?.layers.map(({ chainId }) => chainId) ?? [])],
    ]),
  );
  const holders = new Map<string, number>();
  for (const list of chains.values()) for (const chain of list) holders.set(chain, (holders.get(chain) ?? 0) + 1);
  const sum = (list: Iterable<string>): number =>
    [...list].reduce((total, chain) => total + (bytesOf.get(chain) ?? 0), 0);
  const inUse = new Set(summaries.filter(isUsed).flatMap(({ id }) => chains.get(id) ?? []));
  const size = sum(bytesOf.keys());
  return {
    images: summaries.map((image) => {
      const own = chains.get(image.id) ?? [];
      return { image, size: sum(own), shared: sum(own.filter((chain) => (holders.get(chain) ?? 0) > 1)) };
    }),
    size,
    reclaimable: size - sum(inUse),
  };
}
