/** Image records: everything a warm start needs to know of an image, in one small file. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { digestHex, digestOfHex } from '../digest.ts';
import type { Digest, ImageConfig } from '../image.ts';
import { readRecord, type Shape, writeRecord } from './json-file.ts';
import type { StoreLayout } from './layout.ts';
import { unlinkIfThere } from './pending.ts';
import { isSystemError } from './store-error.ts';

export interface LayerOfImage {
  readonly diffId: Digest;
  readonly chainId: Digest;
}

export interface ImageRecord {
  readonly version: 1;
  /** Digest of the config document. */
  readonly id: Digest;
  /** Digest of the manifest it was read by; null when the archive had none (docker-archive, a root filesystem). */
  readonly manifest: Digest | null;
  readonly config: ImageConfig;
  /** Bottom layer first. */
  readonly layers: readonly LayerOfImage[];
  /** Of its layers, unpacked. */
  readonly bytes: number;
  /** When it was stored, ISO 8601. */
  readonly stored: string;
  /** What it was read from, newest first: where to look again when its layers are needed for other ids. */
  readonly sources: readonly ImageSource[];
}

/** A place an image was read from. */
export type ImageSource = FileSource | RegistrySource;

/** A repository of a registry. */
export interface RegistrySource {
  /** `docker.io/library/alpine` */
  readonly repository: string;
  /** Of what was asked for there: an index or a manifest. */
  readonly digest: Digest;
}

/** An archive or a directory. */
export interface FileSource {
  /** Absolute. */
  readonly path: string;
  /** Which image of the archive; null when there was no need to say. */
  readonly selector: string | null;
}

export const isFromRegistry = (source: ImageSource): source is RegistrySource => 'repository' in source;
export const isFromFile = (source: ImageSource): source is FileSource => !isFromRegistry(source);

const imageRecordPath = (layout: StoreLayout, id: Digest): string => join(layout.images, `${digestHex(id)}.json`);

/** Where the image came from, a second time. */
export const imageOriginPath = (layout: StoreLayout, id: Digest): string =>
  join(layout.images, `${digestHex(id)}.origin`);

export const imageLockPath = (layout: StoreLayout, id: Digest): string => join(layout.images, `${digestHex(id)}.lock`);

/** The documents that belong to an image, if they are kept: its config, its manifest, and those that registries have it by. */
export const documentsOf = ({ id, manifest, sources }: ImageRecord): readonly Digest[] => [
  id,
  ...(manifest === null ? [] : [manifest]),
  ...sources.filter(isFromRegistry).map(({ digest }) => digest),
];

/** Where a config or manifest document is kept. */
export const blobPath = (layout: StoreLayout, digest: Digest): string => join(layout.blobs, digestHex(digest));

const shape: Shape<ImageRecord> = {
  id: 'digest',
  config: 'object',
  layers: 'list',
  bytes: 'number',
  stored: 'string',
  sources: 'list',
};

/** Whether there is one, damaged or not. */
export const hasImageRecord = (layout: StoreLayout, id: Digest): boolean => existsSync(imageRecordPath(layout, id));

export const readImageRecord = (layout: StoreLayout, id: Digest): ImageRecord | null =>
  readRecord<ImageRecord>(imageRecordPath(layout, id), 1, shape);

/** What a record says that follows from nothing else: the rest of a damaged one is made anew out of the config. */
interface ImageOrigin extends Pick<ImageRecord, 'version' | 'manifest' | 'stored' | 'sources'> {}

export const readImageOrigin = (layout: StoreLayout, id: Digest): ImageOrigin | null =>
  readRecord<ImageOrigin>(imageOriginPath(layout, id), 1, { stored: 'string', sources: 'list' });

export function writeImageRecord(layout: StoreLayout, record: ImageRecord): void {
  const { version, id, manifest, stored, sources } = record;
  const origin: ImageOrigin = { version, manifest, stored, sources };
  writeRecord(layout, imageOriginPath(layout, id), origin);
  writeRecord(layout, imageRecordPath(layout, id), record);
}

/** Takes the record away, and what belongs to it alone. */
export function removeImageRecord(layout: StoreLayout, id: Digest): void {
  // First: an image without a record is none.
  unlinkIfThere(imageRecordPath(layout, id));
  unlinkIfThere(imageOriginPath(layout, id));
}

/** Ids of all stored images, in no order. */
export function listImageIds(layout: StoreLayout): readonly Digest[] {
  return recordNames(layout.images)
    .filter((name) => /^[0-9a-f]{64}$/.test(name))
    .map(digestOfHex);
}

/** Names of the `.json` files of a directory, without the ending. */
export function recordNames(directory: string): readonly string[] {
  try {
    return readdirSync(directory).flatMap((name) => (name.endsWith('.json') ? [name.slice(0, -'.json'.length)] : []));
  } catch (error) {
    if (isSystemError(error) && error.code === 'ENOENT') return [];
    throw error;
  }
}
