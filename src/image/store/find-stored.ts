/** Which stored image a word means: a name as people type it, or the beginning of an id. */
import { TsrunError } from '../../errors/tsrun-error.ts';
import { digestHex, isDigest, shortDigest } from '../digest.ts';
import type { Digest } from '../image.ts';
import { candidateReferences, type Reference, readReference } from '../reference.ts';
import { hasImageRecord, isFromRegistry, listImageIds, readImageRecord } from './image-record.ts';
import type { StoreLayout } from './layout.ts';
import { readName } from './names.ts';

export interface FoundStored {
  readonly id: Digest;
  /** The name it was found by; empty when by its id. */
  readonly names: readonly Reference[];
}

/**
 * Looks for a whole id, then a name, then the beginning of an id, as docker does.
 *
 * @throws TsrunError IMAGE_AMBIGUOUS when several ids begin so
 */
export function findStored(layout: StoreLayout, word: string): FoundStored | null {
  const whole = /^[0-9a-f]{64}$/.test(word) ? `sha256:${word}` : word;
  if (isDigest(whole) && hasImageRecord(layout, whole)) return { id: whole, names: [] };
  const parsed = readReference(word);
  if (parsed?.digest) return findByManifest(layout, parsed.digest);
  for (const name of candidateReferences(word)) {
    const record = readName(layout, name);
    // The image goes before its names: after a kill in between a name may lead nowhere.
    if (record !== null && hasImageRecord(layout, record.id)) return { id: record.id, names: [name] };
  }
  return findByPrefix(layout, word);
}

/** `name@sha256:...` means the manifest, or the index that a registry has it in, whatever the name. */
function findByManifest(layout: StoreLayout, digest: string): FoundStored | null {
  const id = listImageIds(layout).find((image) => {
    const record = readImageRecord(layout, image);
    if (record === null) return false;
    return record.manifest === digest || record.sources.some((from) => isFromRegistry(from) && from.digest === digest);
  });
  return id === undefined ? null : { id, names: [] };
}

function findByPrefix(layout: StoreLayout, word: string): FoundStored | null {
  const hex = /^(?:sha256:)?([0-9a-f]{3,64})$/.exec(word)?.[1];
  if (hex === undefined) return null;
  const fitting = listImageIds(layout).filter((id) => digestHex(id).startsWith(hex));
  const [only] = fitting;
  if (only === undefined) return null;
  if (fitting.length === 1) return { id: only, names: [] };
  throw new TsrunError('IMAGE_AMBIGUOUS', `cannot tell which image "${word}" means`, {
    why: `the ids of ${fitting.length} stored images begin so`,
    hint: `give more digits: ${fitting.map(shortDigest).join(', ')}`,
  });
}
