/** OCI image layouts, image-spec image-layout.md: index.json leads to manifests, those to blobs by digest. */
import { TsrunError } from '../../errors/tsrun-error.ts';
import { chainIds } from '../chain-id.ts';
import { digestHex, shortDigest } from '../digest.ts';
import type { Descriptor } from '../document/descriptor.ts';
import { checkLayerCount, parseImageConfig } from '../document/image-config.ts';
import { type ImageDocument, parseImageDocument } from '../document/index-document.ts';
import { maxDocumentBytes, tooLargeDocument } from '../document/json.ts';
import type { Digest } from '../image.ts';
import type { Platform } from '../platform.ts';
import { choosePlatform } from './choose-platform.ts';
import type { ArchiveImage, FoundImage } from './found-image.ts';
import type { ImageFiles } from './image-files.ts';
import { missingMember } from './tar-files.ts';
import { verifyBlob, verifyLayer, wrongSize } from './verified-blob.ts';

/** An index in an index in an index: more than anybody nests. */
const maxDepth = 4;
const maxManifests = 1024;

const blobMember = (digest: Digest): string => `blobs/sha256/${digestHex(digest)}`;

/** The images of a layout, by name; those without one are one image for several platforms. */
export async function readOciLayout(files: ImageFiles): Promise<readonly FoundImage[]> {
  const index = parseImageDocument(await files.read('index.json'), null, 'index.json');
  if (index.kind !== 'index') {
    throw new TsrunError('IMAGE_INVALID', `cannot read "${files.name}"`, { why: 'index.json is not an image index' });
  }
  const groups = new Map<string, Descriptor[]>();
  for (const descriptor of index.manifests) {
    if (isAttestation(descriptor)) continue;
    const name = nameOf(descriptor) ?? '';
    groups.set(name, [...(groups.get(name) ?? []), descriptor]);
  }
  return mergeSame(groups).map(({ names, descriptors }) => ({
    names,
    digests: descriptors.map((descriptor) => descriptor.digest),
    read: (wanted) => readChosen(files, descriptors, wanted),
  }));
}

/** containerd and docker write the whole name, everybody the specification's annotation, which is often a bare tag. */
const nameOf = ({ annotations }: Descriptor): string | null =>
  annotations['io.containerd.image.name'] ?? annotations['org.opencontainers.image.ref.name'] ?? null;

/** BuildKit puts provenance beside images, for no platform. */
const isAttestation = ({ annotations, platform }: Descriptor): boolean =>
  annotations['vnd.docker.reference.type'] === 'attestation-manifest' ||
  (platform?.os === 'unknown' && platform.architecture === 'unknown');

/** Two names for the same manifests are one image with two names. */
function mergeSame(groups: ReadonlyMap<string, readonly Descriptor[]>) {
  const merged = new Map<string, { names: string[]; descriptors: readonly Descriptor[] }>();
  for (const [name, descriptors] of groups) {
    const key = descriptors
      .map((descriptor) => descriptor.digest)
      .sort()
      .join();
    const same = merged.get(key) ?? { names: [], descriptors };
    if (name !== '') same.names.push(name);
    merged.set(key, same);
  }
  return [...merged.values()];
}

interface Leaf {
  readonly descriptor: Descriptor;
  readonly platform: Platform;
}

async function readChosen(
  files: ImageFiles,
  descriptors: readonly Descriptor[],
  wanted: Platform | null,
): Promise<ArchiveImage> {
  const leaves = await collectLeaves(files, descriptors, 1);
  const fitting = choosePlatform(leaves, wanted, files.name);
  const digests = [...new Set(fitting.map(({ descriptor }) => descriptor.digest))];
  const [chosen] = fitting;
  if (chosen === undefined || digests.length > 1) {
    throw new TsrunError('IMAGE_AMBIGUOUS', `cannot tell which image of "${files.name}" is meant`, {
      why: `it holds ${digests.length} images without a name for the same platform`,
      hint: `choose one: ${digests.map((digest) => `${files.name}:${shortDigest(digest)}`).join(', ')}`,
    });
  }
  return readManifest(files, chosen.descriptor);
}

async function collectLeaves(files: ImageFiles, descriptors: readonly Descriptor[], depth: number): Promise<Leaf[]> {
  const leaves: Leaf[] = [];
  for (const descriptor of descriptors) {
    if (isAttestation(descriptor)) continue;
    const document = await documentOf(files, descriptor);
    if (document?.kind === 'index') {
      if (depth >= maxDepth) {
        throw new TsrunError('IMAGE_INVALID', `cannot read "${files.name}"`, {
          why: `its indexes are nested more than ${maxDepth} deep`,
        });
      }
      leaves.push(...(await collectLeaves(files, document.manifests, depth + 1)));
    } else {
      const platform = descriptor.platform ?? (await configPlatform(files, document));
      leaves.push({ descriptor, platform });
    }
    if (leaves.length > maxManifests) {
      throw new TsrunError('IMAGE_INVALID', `cannot read "${files.name}"`, {
        why: `it holds more than ${maxManifests} images`,
      });
    }
  }
  return leaves;
}

/** The document behind a descriptor; null when its platform says enough: an archive may hold the blobs of one platform only. */
async function documentOf(files: ImageFiles, descriptor: Descriptor): Promise<ImageDocument | null> {
  const isManifest = !/index|manifest\.list/.test(descriptor.mediaType);
  if (isManifest && descriptor.platform !== null) return null;
  return parseImageDocument(await readBlob(files, descriptor), descriptor.mediaType, descriptor.digest);
}

async function configPlatform(files: ImageFiles, document: ImageDocument | null): Promise<Platform> {
  if (document?.kind !== 'manifest') throw new Error('a leaf of an index without a platform is a manifest');
  return parseImageConfig(await readBlob(files, document.config)).config;
}

async function readManifest(files: ImageFiles, descriptor: Descriptor): Promise<ArchiveImage> {
  const bytes = await readBlob(files, descriptor);
  const manifest = parseImageDocument(bytes, descriptor.mediaType, descriptor.digest);
  if (manifest.kind !== 'manifest') throw new Error('a leaf of an index is a manifest');
  const configBytes = await readBlob(files, manifest.config);
  const { config, diffIds } = parseImageConfig(configBytes);
  checkLayerCount(manifest.layers.length, diffIds.length);
  const chain = chainIds(diffIds);
  const layers = manifest.layers.map(async (layer, index) => {
    const member = blobMember(layer.digest);
    const size = await files.size(member);
    if (size === null) throw missingMember(files.name, member);
    if (size !== layer.size) throw wrongSize(layer, String(size));
    const [diffId, chainId] = [diffIds[index], chain[index]];
    if (diffId === undefined || chainId === undefined) throw new Error('as many diff ids as layers');
    return { diffId, chainId, size: layer.size, open: () => verifyLayer(files.open(member), layer, diffId) };
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

/** A document, checked against its descriptor. */
async function readBlob(files: ImageFiles, descriptor: Descriptor): Promise<Uint8Array> {
  const member = blobMember(descriptor.digest);
  const size = await files.size(member);
  if (size === null) throw missingMember(files.name, member);
  if (Math.max(size, descriptor.size) > maxDocumentBytes)
    throw tooLargeDocument(member, Math.max(size, descriptor.size));
  const chunks: Uint8Array[] = [];
  for await (const chunk of verifyBlob(files.open(member), descriptor)) chunks.push(chunk);
  return Buffer.concat(chunks);
}
