/** Layer records: what a directory below layers/ is. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { sha256Bytes } from '../../native/sha256.ts';
import type { UserNamespace } from '../../plan/host-facts.ts';
import type { Digest } from '../image.ts';
import { readRecord, writeRecord } from './json-file.ts';
import type { StoreLayout } from './layout.ts';
import { mappingKey } from './mapping-key.ts';

/** Name of a layer's directory. */
export type LayerName = string & { readonly __brand: 'LayerName' };

export interface LayerRecord {
  readonly version: 1;
  /** Written before the first byte is unpacked, and again when the directory is whole. */
  readonly state: 'unpacking' | 'complete';
  /** null: not known yet, a root filesystem that is still being read. */
  readonly chainId: Digest | null;
  readonly diffId: Digest | null;
  /** The ids its files carry: whoever removes them has to be able to. */
  readonly mapping: UserNamespace;
  readonly bytes: number;
  readonly entries: number;
}

/**
 * The directory name of a layer for one id mapping. 16 characters, so that 128 of them, relative to layers/, fit into the one
 * page that mount(2) takes; 80 bits, and the record holds the whole chain id to compare.
 */
export function layerName(chainId: Digest, mapping: UserNamespace): LayerName {
  const hash = sha256Bytes(`${chainId} ${mappingKey(mapping)}`);
  return encodeBase32(hash.subarray(0, 10)) as LayerName;
}

/** A name that nothing else has, for a layer whose chain id is known only at its end. */
export const provisionalLayerName = (random: Uint8Array): LayerName => `new-${encodeBase32(random)}` as LayerName;

/** A name found by listing layers/. */
export const listedLayerName = (name: string): LayerName => name as LayerName;

const alphabet = 'abcdefghijklmnopqrstuvwxyz234567';

function encodeBase32(bytes: Uint8Array): string {
  let text = '';
  let bits = 0;
  let held = 0;
  for (const byte of bytes) {
    held = (held << 8) | byte;
    bits += 8;
    for (; bits >= 5; bits -= 5) text += alphabet[(held >> (bits - 5)) & 31];
    held &= (1 << bits) - 1;
  }
  return bits > 0 ? text + alphabet[(held << (5 - bits)) & 31] : text;
}

export const layerPath = (layout: StoreLayout, name: LayerName): string => join(layout.layers, name);
export const partialLayerPath = (layout: StoreLayout, name: LayerName): string => join(layout.layers, `${name}.part`);
export const layerLockPath = (layout: StoreLayout, name: LayerName): string => join(layout.layers, `${name}.lock`);
export const layerRecordPath = (layout: StoreLayout, name: LayerName): string => join(layout.layers, `${name}.json`);

export const readLayerRecord = (layout: StoreLayout, name: LayerName): LayerRecord | null =>
  readRecord<LayerRecord>(layerRecordPath(layout, name), 1);

export const writeLayerRecord = (layout: StoreLayout, name: LayerName, record: LayerRecord): void =>
  writeRecord(layout, layerRecordPath(layout, name), record);

/** The directory of a layer that is complete, else null. */
export function findLayer(layout: StoreLayout, chainId: Digest, mapping: UserNamespace): string | null {
  const name = layerName(chainId, mapping);
  const record = readLayerRecord(layout, name);
  if (record?.state !== 'complete' || record.chainId !== chainId) return null;
  const path = layerPath(layout, name);
  return existsSync(path) ? path : null;
}
