/** `image verify`: everything that is stored, read and hashed again. */
import { readFileSync } from 'node:fs';
import type { Paths } from '../../host/paths.ts';
import { sha256, shortDigest } from '../digest.ts';
import type { Digest } from '../image.ts';
import { listLayers } from '../store/free-layers.ts';
import { blobPath, type ImageRecord, listImageIds, readImageRecord } from '../store/image-record.ts';
import { completeLayer, findLayer, type LayerName, type LayerRecord, readLayerRecord } from '../store/layer-record.ts';
import { splitLayers } from '../store/layer-tar.ts';
import { type StoreLayout, storeLayout } from '../store/layout.ts';
import { listNameFiles, readNameFile } from '../store/names.ts';
import { readOrRebuildRecord } from '../store/rebuild-record.ts';
import { isSystemError } from '../store/store-error.ts';
import { tidyStore } from '../store/tidy.ts';
import type { Finding } from './finding.ts';
import { type LayersBelow, verifyLayer } from './verify-layer.ts';

export interface Verified {
  readonly images: number;
  readonly layers: number;
  /** Layers that an older tsrun unpacked: they cannot be compared. */
  readonly unknown: number;
  /** Why of some layers only the contents were compared; each reason once. */
  readonly contentsOnly: readonly string[];
  readonly findings: readonly Finding[];
}

/** @throws TsrunError STORE when the store cannot be read, ABORTED */
export async function verifyImages(paths: Paths, signal: AbortSignal): Promise<Verified> {
  const layout = storeLayout(paths);
  await tidyStore(paths);
  const ids = listImageIds(layout);
  // What a damaged one would say: the layers are its image's all the same.
  const records = ids.flatMap((id) => readOrRebuildRecord(layout, id) ?? []);
  const findings: Finding[] = [
    ...damagedRecords(layout, ids),
    ...records.flatMap((record) => verifyDocuments(layout, record)),
    ...verifyNames(layout, ids),
  ];
  let [layers, unknown] = [0, 0];
  const contentsOnly = new Set<string>();
  const damaged = new Set<Digest>();
  for (const { name, record, chainId, having, chain } of bottomFirst(layout, records)) {
    const { diffId } = record;
    const layer = diffId === null ? undefined : splitLayers(layout, diffId).find((one) => one.name === name);
    if (layer === undefined || diffId === null) {
      unknown += 1;
      continue;
    }
    const below = findBelow(layout, record, chain, damaged);
    const verdict = await verifyLayer(layout, { layer, diffId, below }, signal);
    if (verdict === null) continue;
    layers += 1;
    if (verdict.contentsOnly !== null) contentsOnly.add(verdict.contentsOnly);
    if (verdict.faults.length > 0) damaged.add(chainId);
    const images = having.map(({ id }) => id);
    for (const fault of verdict.faults) {
      findings.push({ type: 'layer', layer: name, images, what: `the layer ${shortDigest(diffId)}: ${fault}` });
    }
  }
  return { images: records.length, layers, unknown, contentsOnly: [...contentsOnly], findings };
}

interface CompleteLayer {
  readonly name: LayerName;
  readonly record: LayerRecord;
  readonly chainId: Digest;
}

function* completeLayers(layout: StoreLayout): Generator<CompleteLayer> {
  for (const name of listLayers(layout)) {
    const chainId = readLayerRecord(layout, name)?.chainId ?? null;
    const record = chainId === null ? null : completeLayer(layout, name, chainId);
    if (record !== null && chainId !== null) yield { name, record, chainId };
  }
}

interface PlacedLayer extends CompleteLayer {
  /** Images that have it. */
  readonly having: readonly ImageRecord[];
  /** Chain ids of the layers below it, bottom first; null: no image says which they are. */
  readonly chain: readonly Digest[] | null;
}

/** No layer before those it lies on. */
function bottomFirst(layout: StoreLayout, records: readonly ImageRecord[]): readonly PlacedLayer[] {
  const placed = [...completeLayers(layout)].map(({ name, record, chainId }): PlacedLayer => {
    const having = records.filter(({ layers }) => layers.some((layer) => layer.chainId === chainId));
    const all = having[0]?.layers.map((layer) => layer.chainId) ?? (chainId === record.diffId ? [chainId] : null);
    return { name, record, chainId, having, chain: all?.slice(0, all.indexOf(chainId)) ?? null };
  });
  return placed.sort((one, other) => (one.chain?.length ?? 0) - (other.chain?.length ?? 0));
}

/** Parents that a layer does not name have the metadata of those below. */
function findBelow(
  layout: StoreLayout,
  { mapping }: LayerRecord,
  chain: PlacedLayer['chain'],
  damaged: ReadonlySet<Digest>,
): LayersBelow {
  if (chain === null) return { type: 'unknown', why: 'no image says which layers they lie on' };
  if (chain.some((chainId) => damaged.has(chainId))) return { type: 'unknown', why: 'a layer below them is damaged' };
  const found = chain.map((chainId) => findLayer(layout, chainId, mapping));
  return found.every((path) => path !== null)
    ? { type: 'known', directories: found.reverse() }
    : { type: 'unknown', why: 'a layer below them is missing' };
}

/** A file that is no record: a disk that loses what is on it. One that has gone meanwhile is none. */
const damagedRecords = (layout: StoreLayout, ids: readonly Digest[]): readonly Finding[] => {
  const still = new Set(listImageIds(layout));
  return ids
    .filter((id) => still.has(id) && readImageRecord(layout, id) === null)
    .map((image) => ({ type: 'record', image, what: `the record of the image ${shortDigest(image)} is damaged` }));
};

/** The config is the image: its digest is the id. */
function verifyDocuments(layout: StoreLayout, { id, manifest, layers }: ImageRecord): readonly Finding[] {
  const finding = (what: string): Finding => ({ type: 'image', image: id, what });
  const documents = [id, ...(manifest === null ? [] : [manifest])];
  const damaged = documents.flatMap((digest) => {
    const kind = digest === id ? 'config' : 'manifest';
    const fault = documentFault(layout, digest);
    return fault === null ? [] : [finding(`the ${kind} ${shortDigest(digest)} ${fault}`)];
  });
  const there = new Set([...completeLayers(layout)].map(({ chainId }) => chainId));
  const missing = layers.filter(({ chainId }) => !there.has(chainId));
  return [...damaged, ...missing.map(({ diffId }) => finding(`the layer ${shortDigest(diffId)} is missing`))];
}

function documentFault(layout: StoreLayout, digest: Digest): string | null {
  try {
    return sha256(readFileSync(blobPath(layout, digest))) === digest ? null : 'holds something else';
  } catch (error) {
    if (!isSystemError(error)) throw error;
    return error.code === 'ENOENT' ? 'is missing' : `cannot be read (${error.code})`;
  }
}

/** An image goes before its names: of a kill, they are swept. */
function verifyNames(layout: StoreLayout, ids: readonly Digest[]): readonly Finding[] {
  const images = new Set([...ids, ...listImageIds(layout)]);
  return listNameFiles(layout).flatMap((path): readonly Finding[] => {
    const record = readNameFile(path);
    if (record === null) return [{ type: 'name', path, what: `the file of a name, "${path}", is damaged` }];
    if (images.has(record.id)) return [];
    return [{ type: 'name', path, what: `the name ${record.name} belongs to no image` }];
  });
}
