/** oci-archive: an OCI image layout (image-spec image-layout.md) in a tar, its layers compressed. */
import { createHash } from 'node:crypto';
import { TsrunError } from '../../errors/tsrun-error.ts';
import { readRange } from '../archive/read-range.ts';
import { spool } from '../archive/spool.ts';
import { digestHex, digestOfHex, sha256 } from '../digest.ts';
import type { Digest } from '../image.ts';
import { type CompressionChoice, compress } from '../layer/compress.ts';
import type { Reference } from '../reference.ts';
import { layerTarSize, openLayerTar } from '../store/layer-tar.ts';
import type { StoreLayout } from '../store/layout.ts';
import { isFullDisk, isSystemError } from '../store/store-error.ts';
import type { ArchiveOutput, ArchivePart } from './archive-part.ts';
import type { ChosenImage } from './chosen-image.ts';
import { archiveEnd, member, memberDirectory, memberHeader, memberPadding } from './tar-member.ts';

const ociType = (of: string): string => `application/vnd.oci.image.${of}`;

interface Descriptor {
  readonly mediaType: string;
  readonly digest: Digest;
  readonly size: number;
}

const blobName = (digest: Digest): string => `blobs/sha256/${digestHex(digest)}`;

/** What the layers are compressed with, and where they go. */
export interface OciArchiveChoice {
  readonly compression: CompressionChoice;
  /** A stream needs room in the store, for one compressed layer at a time. */
  readonly output: ArchiveOutput;
}

/** The archive. The manifests are new ones: the store keeps no blobs, and nobody compresses the same way twice. */
export async function* ociArchive(
  layout: StoreLayout,
  images: readonly ChosenImage[],
  choice: OciArchiveChoice,
  signal: AbortSignal,
): AsyncGenerator<ArchivePart> {
  let length = 0;
  for await (const part of archiveParts(layout, images, { ...choice, position: () => length }, signal)) {
    if (part instanceof Uint8Array) length += part.length;
    yield part;
  }
}

interface Writing extends OciArchiveChoice {
  /** Where what is yielded next will stand in the archive. */
  readonly position: () => number;
}

async function* archiveParts(
  layout: StoreLayout,
  images: readonly ChosenImage[],
  writing: Writing,
  signal: AbortSignal,
): AsyncGenerator<ArchivePart> {
  const layers = new Map<Digest, Descriptor>();
  for (const { record } of images) for (const { diffId } of record.layers) await layerTarSize(layout, diffId);
  yield* member('oci-layout', Buffer.from('{"imageLayoutVersion":"1.0.0"}'));
  // Rootless skopeo may not make them itself: it would give parents that no entry names to root.
  yield memberDirectory('blobs/');
  yield memberDirectory('blobs/sha256/');
  const manifests: object[] = [];
  for (const { record, config, names } of images) {
    for (const { diffId } of record.layers) {
      if (!layers.has(diffId)) layers.set(diffId, yield* compressedLayer(layout, diffId, writing, signal));
    }
    yield* member(blobName(record.id), config);
    const manifest = Buffer.from(
      JSON.stringify({
        schemaVersion: 2,
        mediaType: ociType('manifest.v1+json'),
        config: { mediaType: ociType('config.v1+json'), digest: record.id, size: config.length },
        layers: record.layers.map(({ diffId }) => layers.get(diffId)),
      }),
    );
    const digest = sha256(manifest);
    yield* member(blobName(digest), manifest);
    const { os, architecture, variant } = record.config;
    const descriptor = {
      mediaType: ociType('manifest.v1+json'),
      digest,
      size: manifest.length,
      platform: { architecture, os, ...(variant === null ? {} : { variant }) },
    };
    if (names.length === 0) manifests.push(descriptor);
    else for (const name of names) manifests.push({ ...descriptor, annotations: annotationsOf(name) });
  }
  const index = { schemaVersion: 2, mediaType: ociType('index.v1+json'), manifests };
  yield* member('index.json', Buffer.from(JSON.stringify(index)));
  yield archiveEnd();
}

/** podman reads the specification's, containerd and docker theirs. */
const annotationsOf = (name: Reference): object => ({
  'io.containerd.image.name': name,
  'org.opencontainers.image.ref.name': name,
});

/**
 * A blob's header has its digest and size, which are known when it is written. In a file the header is written last; for a stream a nameless
 * file of the store holds the blob meanwhile.
 */
async function* compressedLayer(
  layout: StoreLayout,
  diffId: Digest,
  { compression, output, position }: Writing,
  signal: AbortSignal,
): AsyncGenerator<ArchivePart, Descriptor> {
  const hash = createHash('sha256');
  let size = 0;
  const hashed = async function* (): AsyncGenerator<Uint8Array> {
    for await (const chunk of compress(openLayerTar(layout, diffId, signal), compression)) {
      hash.update(chunk);
      size += chunk.length;
      yield chunk;
    }
  };
  const mediaType = ociType(`layer.v1.tar+${compression.format}`);
  if (output === 'file') {
    const offset = position();
    yield memberHeader('', 0);
    yield* hashed();
    const digest = digestOfHex(hash.digest('hex'));
    yield memberPadding(size);
    yield { offset, bytes: memberHeader(blobName(digest), size) };
    return { mediaType, digest, size };
  }
  const { file } = await spoolLayer(hashed(), layout, signal);
  try {
    const digest = digestOfHex(hash.digest('hex'));
    yield memberHeader(blobName(digest), size);
    yield* readRange(file, { offset: 0, size }, 'the compressed layer');
    yield memberPadding(size);
    return { mediaType, digest, size };
  } catch (error) {
    throw error instanceof TsrunError
      ? error
      : new Error('a compressed layer could not be read back', { cause: error });
  } finally {
    await file.close();
  }
}

async function spoolLayer(
  stream: AsyncIterable<Uint8Array>,
  layout: StoreLayout,
  signal: AbortSignal,
): ReturnType<typeof spool> {
  try {
    return await spool(stream, layout, noLimits, signal);
  } catch (error) {
    if (!(error instanceof TsrunError) || !isSystemError(error.cause)) throw error;
    throw new TsrunError('STORE', 'cannot compress a layer for standard output', {
      why: `${error.why}: its size comes before its bytes, so the store holds it until it is done`,
      hint: `${isFullDisk(error.cause) ? 'free some space, or ' : ''}write to a file with -o, which takes no room in the store`,
      cause: error,
    });
  }
}

/** It is what the store holds. */
const noLimits = { maxBytes: Number.MAX_SAFE_INTEGER / 2, maxEntries: 0 };
