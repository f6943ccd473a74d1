/** `image verify`: everything that is stored, read and hashed again. */
import { readFileSync } from 'node:fs';
import type { Paths } from '../../host/paths.ts';
import { sha256, shortDigest } from '../digest.ts';
import type { Digest } from '../image.ts';
import { listLayers } from '../store/free-layers.ts';
import { blobPath, type ImageRecord, listImageIds, readImageRecord } from '../store/image-record.ts';
import { completeLayer, type LayerName, type LayerRecord, readLayerRecord } from '../store/layer-record.ts';
import { splitLayers } from '../store/layer-tar.ts';
import { type StoreLayout, storeLayout } from '../store/layout.ts';
import { listNames } from '../store/names.ts';
import { isSystemError } from '../store/store-error.ts';
import { tidyStore } from '../store/tidy.ts';
import { verifyLayer } from './verify-layer.ts';

/** Something that is not what it was. */
export interface Finding {
  /** Images that have it. */
  readonly images: readonly Digest[];
  /** The unpacked layer that is damaged; null: it is missing, or a document is damaged. */
  readonly layer: LayerName | null;
  /** `the layer 4826a282c76e: "etc/passwd" holds something else` */
  readonly what: string;
}

export interface Verified {
  readonly images: number;
  readonly layers: number;
  /** Layers that an older tsrun unpacked: they cannot be compared. */
  readonly unknown: number;
  readonly findings: readonly Finding[];
}

/** @throws TsrunError STORE when the store cannot be read, ABORTED */
export async function verifyImages(paths: Paths, signal: AbortSignal): Promise<Verified> {
  const layout = storeLayout(paths);
  await tidyStore(paths);
  const records = listImageIds(layout).flatMap((id) => readImageRecord(layout, id) ?? []);
  const findings: Finding[] = [
    ...records.flatMap((record) => verifyDocuments(layout, record)),
    ...lostNames(layout, records),
  ];
  let [layers, unknown] = [0, 0];
  for (const { name, record } of completeLayers(layout)) {
    const images = records
      .filter((image) => image.layers.some(({ chainId }) => chainId === record.chainId))
      .map(({ id }) => id);
    const split =
      record.diffId === null ? undefined : splitLayers(layout, record.diffId).find((one) => one.name === name);
    if (split === undefined) {
      unknown += 1;
      continue;
    }
    const faults = await verifyLayer(layout, split, signal);
    if (faults !== null) layers += 1;
    const shown = record.diffId === null ? name : shortDigest(record.diffId);
    for (const fault of faults ?? []) findings.push({ images, layer: name, what: `the layer ${shown}: ${fault}` });
  }
  return { images: records.length, layers, unknown, findings };
}

function* completeLayers(layout: StoreLayout): Generator<{ readonly name: LayerName; readonly record: LayerRecord }> {
  for (const name of listLayers(layout)) {
    const seen = readLayerRecord(layout, name);
    const record = seen?.chainId ? completeLayer(layout, name, seen.chainId) : null;
    if (record !== null) yield { name, record };
  }
}

/** The config is the image: its digest is the id. */
function verifyDocuments(layout: StoreLayout, { id, manifest, layers }: ImageRecord): readonly Finding[] {
  const finding = (what: string): Finding => ({ images: [id], layer: null, what });
  const documents = [id, ...(manifest === null ? [] : [manifest])];
  const damaged = documents.flatMap((digest) => {
    const kind = digest === id ? 'config' : 'manifest';
    const fault = documentFault(layout, digest);
    return fault === null ? [] : [finding(`the ${kind} ${shortDigest(digest)} ${fault}`)];
  });
  const there = new Set([...completeLayers(layout)].map(({ record }) => record.chainId));
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

/** A name that leads nowhere: an image goes before its names. Of a kill, it is swept. */
const lostNames = (layout: StoreLayout, records: readonly ImageRecord[]): readonly Finding[] =>
  listNames(layout)
    .filter(({ id }) => records.every((record) => record.id !== id) && readImageRecord(layout, id) === null)
    .map(({ name }) => ({ images: [], layer: null, what: `the name ${name} belongs to no image` }));
