/** OCI image layouts, image-spec image-layout.md: index.json leads to manifests, those to blobs by digest. */
import { TsrunError } from '../../errors/tsrun-error.ts';
import { digestHex, shortDigest } from '../digest.ts';
import type { Descriptor } from '../document/descriptor.ts';
import { parseImageDocument } from '../document/index-document.ts';
import { maxDocumentBytes, tooLargeDocument } from '../document/json.ts';
import type { Digest } from '../image.ts';
import type { FoundImage } from './found-image.ts';
import type { ImageFiles } from './image-files.ts';
import { type BlobSource, isAttestation, type Leaf, readImageTree } from './image-tree.ts';
import { missingMember } from './tar-files.ts';
import { verifyBlob, verifyLayer, wrongSize } from './verified-blob.ts';

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
    read: (wanted) => readImageTree(blobsOf(files), descriptors, wanted),
  }));
}

/** containerd and docker write the whole name, everybody the specification's annotation, which is often a bare tag. */
const nameOf = ({ annotations }: Descriptor): string | null =>
  annotations['io.containerd.image.name'] ?? annotations['org.opencontainers.image.ref.name'] ?? null;

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

const blobsOf = (files: ImageFiles): BlobSource => ({
  name: files.name,
  document: (descriptor) => readBlob(files, descriptor),
  layer: async (layer, diffId) => {
    const member = blobMember(layer.digest);
    const size = await files.size(member);
    if (size === null) throw missingMember(files.name, member);
    if (size !== layer.size) throw wrongSize(layer, String(size));
    return () => verifyLayer(files.open(member), layer, diffId);
  },
  among: (fitting) => theOnly(fitting, files.name),
});

function theOnly(fitting: readonly Leaf[], archive: string): Leaf {
  const digests = [...new Set(fitting.map(({ descriptor }) => descriptor.digest))];
  const [chosen] = fitting;
  if (chosen !== undefined && digests.length === 1) return chosen;
  throw new TsrunError('IMAGE_AMBIGUOUS', `cannot tell which image of "${archive}" is meant`, {
    why: `it holds ${digests.length} images without a name for the same platform`,
    hint: `choose one: ${digests.map((digest) => `${archive}:${shortDigest(digest)}`).join(', ')}`,
  });
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
