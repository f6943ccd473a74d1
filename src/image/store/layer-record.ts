/** Layer records: what a directory below layers/ is. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { sha256Bytes } from '../../native/sha256.ts';
import type { UserNamespace } from '../../plan/host-facts.ts';
import type { Digest } from '../image.ts';
import { isBelievable, type Moment } from './durability.ts';
import { readRecord, type Shape, writeRecord } from './json-file.ts';
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
  /** When it was complete; null: before this was written down. */
  readonly written: Moment | null;
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
/** How the layer's archive is written again; layers of before this was kept have none. */
export const layerSplitPath = (layout: StoreLayout, name: LayerName): string => join(layout.layers, `${name}.split`);
export const layerLockPath = (layout: StoreLayout, name: LayerName): string => join(layout.layers, `${name}.lock`);
export const layerRecordPath = (layout: StoreLayout, name: LayerName): string => join(layout.layers, `${name}.json`);

const shape: Shape<LayerRecord> = { state: 'string', mapping: 'object', bytes: 'number', entries: 'number' };

export function readLayerRecord(layout: StoreLayout, name: LayerName): LayerRecord | null {
  const record = readRecord<Omit<LayerRecord, 'written'> & Partial<LayerRecord>>(
    layerRecordPath(layout, name),
    1,
    shape,
  );
  return record === null ? null : { ...record, written: record.written ?? null };
}

export const writeLayerRecord = (layout: StoreLayout, name: LayerName, record: LayerRecord): void =>
  writeRecord(layout, layerRecordPath(layout, name), record);

/** The record of a layer that is there, whole and not lost to a power cut, else null. */
export function completeLayer(layout: StoreLayout, name: LayerName, chainId: Digest): LayerRecord | null {
  const record = readLayerRecord(layout, name);
  if (record?.state !== 'complete' || !existsSync(layerPath(layout, name))) return null;
  if (record.chainId !== chainId) throw new Error(`two layers share the name ${name}`);
  return isBelievable(layout, record.written) ? record : null;
}

/** The directory of a layer that is complete, else null. */
export function findLayer(layout: StoreLayout, chainId: Digest, mapping: UserNamespace): string | null {
  const name = layerName(chainId, mapping);
  return completeLayer(layout, name, chainId) === null ? null : layerPath(layout, name);
}
