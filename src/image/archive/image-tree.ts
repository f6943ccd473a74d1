/** From descriptors through indexes and manifests down to one image's layers, whatever holds the blobs: image-spec image-index.md. */
import { TsrunError } from '../../errors/tsrun-error.ts';
import { chainIds } from '../chain-id.ts';
import type { Descriptor } from '../document/descriptor.ts';
import { checkLayerCount, parseImageConfig } from '../document/image-config.ts';
import { type ImageDocument, parseImageDocument } from '../document/index-document.ts';
import type { Digest } from '../image.ts';
import type { Platform } from '../platform.ts';
import { choosePlatform } from './choose-platform.ts';
import type { ArchiveImage } from './found-image.ts';

/** An index in an index in an index: more than anybody nests. */
const maxDepth = 4;
const maxManifests = 1024;

/** Where the blobs of an image are. */
export interface BlobSource {
  /** What errors call it. */
  readonly name: string;
  /** A whole document, checked against its descriptor. */
  readonly document: (descriptor: Descriptor, kind: 'manifest' | 'config') => Promise<Uint8Array>;
  /** Looks for a layer; what it gives opens it, checked while it streams. */
  readonly layer: (descriptor: Descriptor, diffId: Digest) => Promise<() => AsyncIterable<Uint8Array>>;
  /** Of several that serve the wanted platform equally well: an index may list such. */
  readonly among: (fitting: readonly Leaf[]) => Leaf;
}

/** A manifest, with the platform it is for. */
export interface Leaf {
  readonly descriptor: Descriptor;
  readonly platform: Platform;
}

/** BuildKit puts provenance beside images, for no platform. */
export const isAttestation = ({ annotations, platform }: Descriptor): boolean =>
  annotations['vnd.docker.reference.type'] === 'attestation-manifest' ||
  (platform?.os === 'unknown' && platform.architecture === 'unknown');

/**
 * Reads the image that fits a platform, all its documents checked.
 *
 * @param wanted null: what this machine runs
 * @throws TsrunError IMAGE_INVALID, IMAGE_UNSUPPORTED, IMAGE_PLATFORM
 */
export async function readImageTree(
  source: BlobSource,
  descriptors: readonly Descriptor[],
  wanted: Platform | null,
): Promise<ArchiveImage> {
  const leaves = await collectLeaves(source, descriptors, 1);
  const chosen = source.among(choosePlatform(leaves, wanted, source.name));
  return readManifest(source, chosen.descriptor);
}

async function collectLeaves(source: BlobSource, descriptors: readonly Descriptor[], depth: number): Promise<Leaf[]> {
  const leaves: Leaf[] = [];
  for (const descriptor of descriptors) {
    if (isAttestation(descriptor)) continue;
    const document = await documentOf(source, descriptor);
    if (document?.kind === 'index') {
      if (depth >= maxDepth) {
        throw new TsrunError('IMAGE_INVALID', `cannot read "${source.name}"`, {
          why: `its indexes are nested more than ${maxDepth} deep`,
        });
      }
      leaves.push(...(await collectLeaves(source, document.manifests, depth + 1)));
    } else {
      const platform = descriptor.platform ?? (await configPlatform(source, document));
      leaves.push({ descriptor, platform });
    }
    if (leaves.length > maxManifests) {
      throw new TsrunError('IMAGE_INVALID', `cannot read "${source.name}"`, {
        why: `it holds more than ${maxManifests} images`,
      });
    }
  }
  return leaves;
}

/** The document behind a descriptor; null when its platform says enough: an archive may hold the blobs of one platform only. */
async function documentOf(source: BlobSource, descriptor: Descriptor): Promise<ImageDocument | null> {
  const isManifest = !/index|manifest\.list/.test(descriptor.mediaType);
  if (isManifest && descriptor.platform !== null) return null;
  return parseImageDocument(await source.document(descriptor, 'manifest'), descriptor.mediaType, descriptor.digest);
}

async function configPlatform(source: BlobSource, document: ImageDocument | null): Promise<Platform> {
  if (document?.kind !== 'manifest') throw new Error('a leaf of an index without a platform is a manifest');
  return parseImageConfig(await source.document(document.config, 'config')).config;
}

async function readManifest(source: BlobSource, descriptor: Descriptor): Promise<ArchiveImage> {
  const bytes = await source.document(descriptor, 'manifest');
  const manifest = parseImageDocument(bytes, descriptor.mediaType, descriptor.digest);
  if (manifest.kind !== 'manifest') throw new Error('a leaf of an index is a manifest');
  const configBytes = await source.document(manifest.config, 'config');
  const { config, diffIds } = parseImageConfig(configBytes);
  checkLayerCount(manifest.layers.length, diffIds.length);
  const chain = chainIds(diffIds);
  const layers = manifest.layers.map(async (layer, index) => {
    const [diffId, chainId] = [diffIds[index], chain[index]];
    if (diffId === undefined || chainId === undefined) throw new Error('as many diff ids as layers');
    return { diffId, chainId, size: layer.size, open: await source.layer(layer, diffId) };
  });
  const { digest } = descriptor;
  return {
    id: manifest.config.digest,
    configBytes,
    config,
    manifest: { digest, bytes },
    layers: await Promise.all(layers),
  };
}
