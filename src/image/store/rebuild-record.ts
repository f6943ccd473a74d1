/** The record of an image out of its config document, which its id is the digest of. */
import { readFileSync } from 'node:fs';
import { chainIds } from '../chain-id.ts';
import { sha256 } from '../digest.ts';
import { parseImageConfig } from '../document/image-config.ts';
import type { Digest } from '../image.ts';
import {
  blobPath,
  type FileSource,
  hasImageRecord,
  type ImageRecord,
  readImageOrigin,
  readImageRecord,
} from './image-record.ts';
import type { StoreLayout } from './layout.ts';
import { listNames } from './names.ts';
import { isSystemError } from './store-error.ts';

/** The record, made anew where it is damaged. null: there is no such image, or nothing is left of it. */
export const readOrRebuildRecord = (layout: StoreLayout, id: Digest): ImageRecord | null =>
  readImageRecord(layout, id) ?? (hasImageRecord(layout, id) ? rebuildRecord(layout, id) : null);

/** Where it came from is written down a second time; else it is what its names know: files. null: the config is damaged too. */
function rebuildRecord(layout: StoreLayout, id: Digest): ImageRecord | null {
  const bytes = readDocument(blobPath(layout, id));
  if (bytes === null || sha256(bytes) !== id) return null;
  const { config, diffIds } = parseImageConfig(bytes);
  const chain = chainIds(diffIds);
  const { manifest, stored, sources } = readImageOrigin(layout, id) ?? {
    manifest: null,
    stored: new Date().toISOString(),
    sources: filesOfNames(layout, id),
  };
  return {
    version: 1,
    id,
    manifest,
    config,
    layers: diffIds.map((diffId, index) => ({ diffId, chainId: chain[index] as Digest })),
    bytes: 0,
    stored,
    sources,
  };
}

const filesOfNames = (layout: StoreLayout, id: Digest): readonly FileSource[] =>
  listNames(layout).flatMap((name) =>
    name.id === id && name.source !== null ? [{ path: name.source, selector: null }] : [],
  );

function readDocument(path: string): Uint8Array | null {
  try {
    return readFileSync(path);
  } catch (error) {
    if (isSystemError(error)) return null;
    throw error;
  }
}
