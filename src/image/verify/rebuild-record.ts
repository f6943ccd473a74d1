/** The record of an image out of its config document, which its id is the digest of. */
import { readFileSync } from 'node:fs';
import { chainIds } from '../chain-id.ts';
import { sha256 } from '../digest.ts';
import { parseImageConfig } from '../document/image-config.ts';
import type { Digest } from '../image.ts';
import { blobPath, type FileSource, type ImageRecord } from '../store/image-record.ts';
import type { StoreLayout } from '../store/layout.ts';
import { listNames } from '../store/names.ts';
import { isSystemError } from '../store/store-error.ts';

/** Where it came from is what its names know: files. null: the config is damaged too. */
export function rebuildRecord(layout: StoreLayout, id: Digest): ImageRecord | null {
  const bytes = readDocument(blobPath(layout, id));
  if (bytes === null || sha256(bytes) !== id) return null;
  const { config, diffIds } = parseImageConfig(bytes);
  const chain = chainIds(diffIds);
  const files = listNames(layout).flatMap((name): readonly FileSource[] =>
    name.id === id && name.source !== null ? [{ path: name.source, selector: null }] : [],
  );
  return {
    version: 1,
    id,
    manifest: null,
    config,
    layers: diffIds.map((diffId, index) => ({ diffId, chainId: chain[index] as Digest })),
    bytes: 0,
    stored: new Date().toISOString(),
    sources: files,
  };
}

function readDocument(path: string): Uint8Array | null {
  try {
    return readFileSync(path);
  } catch (error) {
    if (isSystemError(error)) return null;
    throw error;
  }
}
