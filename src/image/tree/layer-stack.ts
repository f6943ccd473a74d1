/** Layers on each other as overlayfs shows them: which of them has a name, and which answers for it. */
import { TsrunError } from '../../errors/tsrun-error.ts';
import type { UserNamespace } from '../../plan/host-facts.ts';
import type { Digest } from '../image.ts';
import { chooseStored } from '../save/chosen-image.ts';
import { listLayers } from '../store/free-layers.ts';
import type { LayerOfImage } from '../store/image-record.ts';
import { completeLayer, layerPath, readLayerRecord } from '../store/layer-record.ts';
import type { StoreLayout } from '../store/layout.ts';

/** One directory of the stack. */
export interface StackedTree {
  readonly directory: string;
  /** The ids its files carry. */
  readonly mapping: UserNamespace;
  /** null: a container's writable layer, or a directory that is no layer. */
  readonly layer: LayerOfImage | null;
}

/** The layers of a stored image, bottom first, while nobody removes them. */
export interface ImageStack extends Disposable {
  readonly id: Digest;
  readonly trees: readonly StackedTree[];
}

/**
 * For whatever ids they were unpacked for.
 * @throws TsrunError IMAGE_NOT_FOUND, IMAGE_AMBIGUOUS, STORE
 */
export async function openImageStack(layout: StoreLayout, word: string, signal: AbortSignal): Promise<ImageStack> {
  const chosen = await chooseStored(layout, [word], signal);
  try {
    const [image] = chosen.images;
    if (image === undefined) throw new Error('one image was chosen');
    const names = listLayers(layout);
    const trees = image.record.layers.map((layer) => unpacked(layout, names, layer, word));
    return { id: image.record.id, trees, [Symbol.dispose]: () => chosen[Symbol.dispose]() };
  } catch (error) {
    chosen[Symbol.dispose]();
    throw error;
  }
}

function unpacked(
  layout: StoreLayout,
  names: ReturnType<typeof listLayers>,
  layer: LayerOfImage,
  word: string,
): StackedTree {
  for (const name of names) {
    if (readLayerRecord(layout, name)?.chainId !== layer.chainId) continue;
    const record = completeLayer(layout, name, layer.chainId);
    if (record !== null) return { directory: layerPath(layout, name), mapping: record.mapping, layer };
  }
  throw new TsrunError('STORE', `cannot look at the layers of "${word}"`, {
    why: 'one of them was lost to a power cut',
    hint: '"tsrun image verify --repair" unpacks it again',
  });
}
