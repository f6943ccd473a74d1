/** What registries call the layers of a stored image: the descriptors of every manifest that it came by or was pushed as. */
import { readFileSync } from 'node:fs';
import { sha256 } from '../digest.ts';
import type { Descriptor } from '../document/descriptor.ts';
import { parseImageDocument } from '../document/index-document.ts';
import type { Digest } from '../image.ts';
import { blobPath, type ImageRecord, isFromRegistry } from '../store/image-record.ts';
import type { StoreLayout } from '../store/layout.ts';
import { type Repository, repositoryOf } from './remote-image.ts';

/** A manifest of the image. */
export interface KnownManifest {
  readonly digest: Digest;
  readonly bytes: Uint8Array;
  readonly mediaType: string;
  readonly config: Descriptor;
  /** As many as the image has, bottom first. */
  readonly layers: readonly Descriptor[];
}

/** The manifest it was read by first, then those it was pushed as. */
export function knownManifests(layout: StoreLayout, record: ImageRecord): readonly KnownManifest[] {
  const pushed = record.sources.filter(isFromRegistry).map(({ digest }) => digest);
  const digests = new Set([...(record.manifest === null ? [] : [record.manifest]), ...pushed]);
  return [...digests].flatMap((digest) => readKnown(layout, record, digest) ?? []);
}

/** null: it is an index, or not kept. */
function readKnown(layout: StoreLayout, record: ImageRecord, digest: Digest): KnownManifest | null {
  try {
    const bytes = readFileSync(blobPath(layout, digest));
    if (sha256(bytes) !== digest) return null;
    const document = parseImageDocument(bytes, null, 'manifest');
    if (document.kind !== 'manifest' || document.config.digest !== record.id) return null;
    if (document.layers.length !== record.layers.length) return null;
    const { mediaType } = JSON.parse(bytes.toString('utf8')) as { mediaType?: unknown };
    const isDocker = document.config.mediaType.startsWith('application/vnd.docker.');
    const usual = isDocker ? dockerTypes.manifest : ociTypes.manifest;
    return { ...document, digest, bytes, mediaType: typeof mediaType === 'string' ? mediaType : usual };
  } catch {
    return null;
  }
}

/** Repositories of a registry that had the image, which may be asked to hand blobs on. */
export function otherRepositories(record: ImageRecord, target: Repository): readonly Repository[] {
  const all = record.sources.filter(isFromRegistry).map(({ repository }) => repositoryOf(repository));
  return all.filter(({ registry, path }) => registry === target.registry && path !== target.path);
}

export const ociTypes = {
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  config: 'application/vnd.oci.image.config.v1+json',
  layer: 'application/vnd.oci.image.layer.v1.tar+gzip',
} as const;

export const dockerTypes = {
  manifest: 'application/vnd.docker.distribution.manifest.v2+json',
  config: 'application/vnd.docker.container.image.v1+json',
  layer: 'application/vnd.docker.image.rootfs.diff.tar.gzip',
} as const;
