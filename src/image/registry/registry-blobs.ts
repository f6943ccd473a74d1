/** An image of a registry as something whose documents and layers can be read. */
import { readFileSync } from 'node:fs';
import { TsrunError } from '../../errors/tsrun-error.ts';
import type { BlobSource } from '../archive/image-tree.ts';
import { verifyBlob, verifyLayer } from '../archive/verified-blob.ts';
import { sha256 } from '../digest.ts';
import type { Descriptor } from '../document/descriptor.ts';
import { maxDocumentBytes, tooLargeDocument } from '../document/json.ts';
import type { Digest } from '../image.ts';
import { blobPath } from '../store/image-record.ts';
import type { StoreLayout } from '../store/layout.ts';
import { readBlob } from './read-blob.ts';
import { type FetchedManifest, readManifest } from './read-manifest.ts';
import type { Backoff } from './retry.ts';
import type { Session } from './session.ts';

/** Documents that the store has are not fetched. */
export function registryBlobs(from: {
  readonly session: Session;
  readonly backoff: Backoff;
  readonly layout: StoreLayout;
  /** Read already. */
  readonly top: FetchedManifest;
  readonly name: string;
}): BlobSource {
  const { session, backoff, layout, top, name } = from;
  const documents = new Map<Digest, Promise<Uint8Array>>([[top.descriptor.digest, Promise.resolve(top.bytes)]]);
  const read = async (descriptor: Descriptor, kind: 'manifest' | 'config'): Promise<Uint8Array> => {
    const stored = readStored(layout, descriptor.digest);
    if (stored !== null) return stored;
    if (kind === 'manifest') return (await readManifest(session, descriptor.digest, name)).bytes;
    if (descriptor.size > maxDocumentBytes) throw tooLargeDocument('config', descriptor.size);
    const chunks: Uint8Array[] = [];
    for await (const chunk of verifyBlob(readBlob(session, descriptor, backoff), descriptor)) chunks.push(chunk);
    return Buffer.concat(chunks);
  };
  return {
    name,
    document: (descriptor, kind) => {
      const known = documents.get(descriptor.digest) ?? read(descriptor, kind);
      documents.set(descriptor.digest, known);
      return known;
    },
    layer: (descriptor, diffId) => {
      refuseForeign(descriptor, name);
      return Promise.resolve(() => verifyLayer(readBlob(session, descriptor, backoff), descriptor, diffId));
    },
    among: ([first]) => {
      if (first === undefined) throw new Error('there is a fitting platform');
      return first;
    },
  };
}

/** A document that another image brought, as long as it is what its name says. */
function readStored(layout: StoreLayout, digest: Digest): Uint8Array | null {
  try {
    const bytes = readFileSync(blobPath(layout, digest));
    return sha256(bytes) === digest ? bytes : null;
  } catch {
    return null;
  }
}

/** The registry does not have them, and what their URLs lead to is not the registry's to say (GHSA-742w-89gc-8m9c). */
function refuseForeign({ mediaType, digest }: Descriptor, name: string): void {
  if (!/foreign|nondistributable/.test(mediaType)) return;
  throw new TsrunError('IMAGE_UNSUPPORTED', `cannot pull "${name}": a layer is kept elsewhere`, {
    why: `the layer ${digest} is of the type "${mediaType}", which registries do not hand on`,
    hint: 'such layers are parts of Windows images',
  });
}
