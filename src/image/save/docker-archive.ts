/** docker-archive, as `docker save` writes it: manifest.json, configs as HEX.json and uncompressed layers as HEX.tar. */
import { digestHex } from '../digest.ts';
import { layerTarSize, openLayerTar } from '../store/layer-tar.ts';
import type { StoreLayout } from '../store/layout.ts';
import type { ChosenImage } from './chosen-image.ts';
import { archiveEnd, member, memberHeader, memberPadding } from './tar-member.ts';

/**
 * The archive. A layer that several images have is in it once. What it holds of an image stays the same whoever saves it.
 *
 * @throws TsrunError STORE, also in the middle, when a layer is not what it was
 */
export async function* dockerArchive(
  layout: StoreLayout,
  images: readonly ChosenImage[],
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const layers = [...new Set(images.flatMap(({ record }) => record.layers.map(({ diffId }) => diffId)))];
  // All of them before the first byte: what is missing is said while nothing is written.
  const sizes = new Map<string, number>();
  for (const diffId of layers) sizes.set(diffId, await layerTarSize(layout, diffId));
  const manifest = images.map(({ record, names }) => ({
    Config: `${digestHex(record.id)}.json`,
    RepoTags: names.length === 0 ? null : names,
    Layers: record.layers.map(({ diffId }) => `${digestHex(diffId)}.tar`),
  }));
  // First: who reads a stream knows then what comes.
  yield* member('manifest.json', Buffer.from(JSON.stringify(manifest)));
  for (const { record, config } of images) yield* member(`${digestHex(record.id)}.json`, config);
  for (const diffId of layers) {
    const size = sizes.get(diffId) ?? 0;
    yield memberHeader(`${digestHex(diffId)}.tar`, size);
    yield* openLayerTar(layout, diffId, signal);
    yield memberPadding(size);
  }
  yield archiveEnd();
}
