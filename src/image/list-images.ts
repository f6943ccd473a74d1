/** What is in the store, for `tsrun images` and `tsrun inspect`. */
import { TsrunError } from '../errors/tsrun-error.ts';
import type { Paths } from '../host/paths.ts';
import { parseToldOfImage, type ToldOfImage } from './document/told-of-image.ts';
import type { Digest, ImageConfig } from './image.ts';
import { notStored } from './not-found.ts';
import { familiarNameAmong, type Reference } from './reference.ts';
import { readConfigDocument } from './save/chosen-image.ts';
import { findStored } from './store/find-stored.ts';
import { listLayers } from './store/free-layers.ts';
import { type ImageRecord, isFromFile, isFromRegistry, listImageIds, readImageRecord } from './store/image-record.ts';
import { completeLayer, layerPath, readLayerRecord } from './store/layer-record.ts';
import { type StoreLayout, storeLayout } from './store/layout.ts';
import { listNames } from './store/names.ts';
import { tidyStore } from './store/tidy.ts';

export interface ImageSummary {
  readonly id: Digest;
  /** As people type them, with their tag; sorted. */
  readonly names: readonly string[];
  /** ISO 8601, or null when the image does not say. */
  readonly created: string | null;
  /** Bytes of its unpacked layers. */
  readonly bytes: number;
  /** Digest of the manifest it was read by, or null. */
  readonly manifest: Digest | null;
  readonly labels: Readonly<Record<string, string>>;
}

export interface ImageDetails extends ImageSummary {
  readonly config: ImageConfig;
  /** Diff ids, bottom layer first. */
  readonly layers: readonly Digest[];
  /** Their directories, as far as they are unpacked, for whatever ids; bottom layer first. */
  readonly directories: readonly string[];
  /** When it was stored, ISO 8601. */
  readonly stored: string;
  /** What its config says of itself beside what a container is made by. */
  readonly told: ToldOfImage;
  /** Files it was read from, newest first. */
  readonly sources: readonly string[];
  /** What registries call it, newest first: `docker.io/library/alpine@sha256:...`. */
  readonly repoDigests: readonly string[];
}

const summary = (record: ImageRecord, names: readonly Reference[], all: readonly Reference[]): ImageSummary => ({
  id: record.id,
  names: names.map((name) => familiarNameAmong(name, all)),
  created: record.config.created,
  bytes: record.bytes,
  manifest: record.manifest,
  labels: record.config.labels,
});

/** All stored images, the newest in the store first. */
export async function listImages(paths: Paths): Promise<readonly ImageSummary[]> {
  const layout = storeLayout(paths);
  await tidyStore(paths);
  const names = listNames(layout);
  const records = listImageIds(layout).flatMap((id) => readImageRecord(layout, id) ?? []);
  records.sort((a, b) => (a.stored < b.stored ? 1 : -1));
  const namesOf = (id: Digest) => names.filter((name) => name.id === id).map(({ name }) => name);
  const all = names.map(({ name }) => name);
  return records.map((record) => summary(record, namesOf(record.id), all));
}

/**
 * When a stored image was made, ISO 8601; null: it does not say.
 * @throws TsrunError IMAGE_NOT_FOUND, IMAGE_AMBIGUOUS
 */
export const imageCreated = (paths: Paths, reference: string): string | null =>
  recordOf(storeLayout(paths), reference).config.created;

function recordOf(layout: StoreLayout, reference: string): ImageRecord {
  const found = findStored(layout, reference);
  const record = found === null ? null : readImageRecord(layout, found.id);
  if (record === null) throw notStored(layout, reference, 'read');
  return record;
}

/**
 * One stored image, by name or the beginning of its id.
 * @throws TsrunError IMAGE_NOT_FOUND, IMAGE_AMBIGUOUS
 */
export async function inspectImage(paths: Paths, reference: string): Promise<ImageDetails> {
  const layout = storeLayout(paths);
  const record = recordOf(layout, reference);
  const names = listNames(layout);
  const own = names.filter((name) => name.id === record.id);
  return {
    ...summary(
      record,
      own.map(({ name }) => name),
      names.map(({ name }) => name),
    ),
    config: record.config,
    layers: record.layers.map(({ diffId }) => diffId),
    directories: directoriesOf(layout, record),
    stored: record.stored,
    told: parseToldOfImage(readConfigDocument(layout, record)),
    sources: record.sources.filter(isFromFile).map(({ path }) => path),
    repoDigests: record.sources.filter(isFromRegistry).map(({ repository, digest }) => `${repository}@${digest}`),
  };
}

function directoriesOf(layout: StoreLayout, { layers }: ImageRecord): readonly string[] {
  const stored = listLayers(layout).map((name) => ({ name, chainId: readLayerRecord(layout, name)?.chainId }));
  return layers.flatMap(({ chainId }) => {
    const found = stored.find(
      (layer) => layer.chainId === chainId && completeLayer(layout, layer.name, chainId) !== null,
    );
    return found === undefined ? [] : [layerPath(layout, found.name)];
  });
}

/** The summary of an image that was just stored. */
export function summaryOf(layout: StoreLayout, id: Digest, names: readonly Reference[]): ImageSummary {
  const record = readImageRecord(layout, id);
  if (record !== null)
    return summary(
      record,
      names,
      listNames(layout).map(({ name }) => name),
    );
  throw new TsrunError('STORE', 'cannot find the image that was just stored', { why: 'it has been removed meanwhile' });
}
