/** image-spec image-layout.md: the files of an OCI layout, for a directory or a tar of it. */
import { directory, type Entry, file } from './entry.ts';
import { type Image, sha256 } from './image.ts';

interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly platform?: { readonly os: string; readonly architecture: string };
  readonly annotations?: Readonly<Record<string, string>>;
}

const manifestType = 'application/vnd.oci.image.manifest.v1+json';
const indexType = 'application/vnd.oci.image.index.v1+json';

/** Blobs by digest; each is written once however many images share it. */
class BlobSet {
  private readonly blobs = new Map<string, Buffer>();

  add(mediaType: string, bytes: Buffer): Descriptor {
    const digest = sha256(bytes);
    this.blobs.set(digest, bytes);
    return { mediaType, digest: `sha256:${digest}`, size: bytes.length };
  }

  entries(): readonly Entry[] {
    return [...this.blobs].sort().map(([digest, bytes]) => file(`blobs/sha256/${digest}`, bytes));
  }
}

const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));

/** Stores an image's blobs and returns the descriptor of its manifest. */
function addManifest(blobs: BlobSet, image: Image): Descriptor {
  const config = blobs.add('application/vnd.oci.image.config.v1+json', image.config);
  const layers = image.layers.map(({ mediaType, bytes }) => blobs.add(mediaType, bytes));
  return blobs.add(manifestType, json({ schemaVersion: 2, mediaType: manifestType, config, layers }));
}

const named = (descriptor: Descriptor, reference: string): Descriptor => ({
  ...descriptor,
  annotations: {
    'org.opencontainers.image.ref.name': reference.slice(reference.indexOf(':') + 1),
    'io.containerd.image.name': `docker.io/library/${reference}`,
  },
});

function layout(blobs: BlobSet, manifests: readonly Descriptor[]): readonly Entry[] {
  return [
    directory('blobs'),
    directory('blobs/sha256'),
    ...blobs.entries(),
    file('index.json', json({ schemaVersion: 2, mediaType: indexType, manifests })),
    file('oci-layout', json({ imageLayoutVersion: '1.0.0' })),
  ];
}

/** A layout with one manifest per image, as `skopeo copy ... oci-archive:` writes it. */
export function ociLayout(images: readonly Image[]): readonly Entry[] {
  const blobs = new BlobSet();
  return layout(
    blobs,
    images.map((image) => named(addManifest(blobs, image), image.reference)),
  );
}

/** A layout whose index.json points to an index that lists the same image for several platforms, as buildx writes it. */
export function multiPlatformLayout(images: readonly Image[], reference: string): readonly Entry[] {
  const blobs = new BlobSet();
  const manifests = images.map((image) => ({
    ...addManifest(blobs, image),
    platform: { os: 'linux', architecture: image.architecture },
  }));
  const index = blobs.add(indexType, json({ schemaVersion: 2, mediaType: indexType, manifests }));
  return layout(blobs, [named(index, reference)]);
}
