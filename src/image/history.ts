/** Which instruction made which layer of an image. */
import type { Paths } from '../host/paths.ts';
import { asObject, optionalText, parseJson } from './document/json.ts';
import type { Digest } from './image.ts';
import { chooseStored } from './save/chosen-image.ts';
import { listLayers } from './store/free-layers.ts';
import { readLayerRecord } from './store/layer-record.ts';
import { type StoreLayout, storeLayout } from './store/layout.ts';

export interface HistoryEntry {
  /** ISO 8601; null: not said. */
  readonly created: string | null;
  /** '' where the image does not say. */
  readonly createdBy: string;
  readonly comment: string;
  /** null: the instruction made none. */
  readonly layer: { readonly diffId: Digest; readonly bytes: number } | null;
}

export interface ImageHistory {
  readonly id: Digest;
  /** Newest first. */
  readonly entries: readonly HistoryEntry[];
}

/**
 * A stored image's history, image-spec config.md. Layers it does not tell of stand below those it does.
 *
 * @throws TsrunError IMAGE_NOT_FOUND, IMAGE_AMBIGUOUS
 */
export async function imageHistory(paths: Paths, word: string, signal: AbortSignal): Promise<ImageHistory> {
  const layout = storeLayout(paths);
  using chosen = await chooseStored(layout, [word], signal);
  const [image] = chosen.images;
  if (image === undefined) throw new Error('one image was chosen');
  const bytes = layerBytes(layout);
  const layers = image.record.layers.map(({ diffId, chainId }) => ({ diffId, bytes: bytes.get(chainId) ?? 0 }));
  const document = asObject(parseJson(image.config, 'config'), 'config');
  const told = Array.isArray(document['history']) ? document['history'] : [];
  const made = told.map((value, n) => {
    const fields = asObject(value, `config history[${n}]`);
    const text = (key: string): string | null => optionalText(fields[key], `config history[${n}].${key}`);
    return {
      created: text('created'),
      createdBy: text('created_by') ?? '',
      comment: text('comment') ?? '',
      makesLayer: fields['empty_layer'] !== true,
    };
  });
  const untold = layers.length - made.filter(({ makesLayer }) => makesLayer).length;
  const entries: HistoryEntry[] = layers
    .slice(0, Math.max(0, untold))
    .map((layer) => ({ created: null, createdBy: '', comment: '', layer }));
  let next = Math.max(0, untold);
  for (const { makesLayer, ...entry } of made) {
    const layer = makesLayer ? (layers[next] ?? null) : null;
    if (makesLayer) next += 1;
    entries.push({ ...entry, layer });
  }
  return { id: image.record.id, entries: entries.reverse() };
}

/** What made each layer, by diff id; those that the image says nothing of are missing. */
export async function instructionsOf(
  paths: Paths,
  word: string,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  const { entries } = await imageHistory(paths, word, signal);
  return new Map(
    entries.flatMap(({ layer, createdBy }) => (layer === null || createdBy === '' ? [] : [[layer.diffId, createdBy]])),
  );
}

/** Sizes of unpacked layers by chain id. */
export function layerBytes(layout: StoreLayout): ReadonlyMap<Digest, number> {
  const records = listLayers(layout).flatMap((name) => readLayerRecord(layout, name) ?? []);
  return new Map(records.flatMap(({ chainId, bytes }) => (chainId === null ? [] : [[chainId, bytes] as const])));
}
