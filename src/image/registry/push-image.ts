/**
 * From a stored image to a registry: `tsrun push`.
 *
 * The store keeps no compressed blobs. A layer that the registry has by a name we know keeps it, and when all do, the manifest stays what it
 * was, to the byte. Any other is compressed anew, which gives another digest and a new manifest; the image's own id stays.
 */
import { readFileSync } from 'node:fs';
import { TsrunError } from '../../errors/tsrun-error.ts';
import { aborted } from '../aborted.ts';
import { sha256, shortDigest } from '../digest.ts';
import type { Digest } from '../image.ts';
import { compress } from '../layer/compress.ts';
import type { OnImageProgress } from '../progress.ts';
import { blobPath, type ImageRecord } from '../store/image-record.ts';
import type { StoreLayout } from '../store/layout.ts';
import { Slots } from '../store/slots.ts';
import type { RegistryAccess } from './access.ts';
import { Connection, type Times, times } from './connect.ts';
import { dockerTypes, type KnownManifest, knownManifests, ociTypes, otherRepositories } from './known-layers.ts';
import { refused } from './registry-error.ts';
import { type RemoteImage, remoteName, versionText } from './remote-image.ts';
import type { Backoff } from './retry.ts';
import type { Session } from './session.ts';
import { hasBlob, mountBlob, uploadBytes } from './upload-blob.ts';
import { uploadStream } from './upload-stream.ts';

/** The archive of a layer, uncompressed and byte for byte as its diff id says. */
export type OpenTar = (diffId: Digest) => AsyncIterable<Uint8Array>;

export interface PushContext {
  readonly layout: StoreLayout;
  /** Held by the caller. */
  readonly record: ImageRecord;
  readonly openTar: OpenTar;
  readonly onProgress: OnImageProgress;
  readonly signal: AbortSignal;
}

/** What the registry has now. */
export interface PushedManifest {
  readonly digest: Digest;
  readonly bytes: Uint8Array;
}

/** ISA-L's most: the bytes go over a network. */
const level = 3;

/** At once: compressing takes a processor, asking takes none. */
const slotCount = 4;

/** @throws TsrunError REGISTRY, REGISTRY_DENIED, STORE when an archive cannot be written again, ABORTED */
export async function pushImage(
  remote: RemoteImage,
  access: RegistryAccess,
  ctx: PushContext,
  given: Times = times,
): Promise<PushedManifest> {
  if (remote.version.type === 'digest') {
    throw new TsrunError('USAGE', `cannot push to "${remoteName(remote)}"`, {
      why: 'a digest follows from what is pushed, and cannot be chosen',
      hint: 'push to a tag',
    });
  }
  const { layout, record, signal, onProgress } = ctx;
  await using connection = new Connection(access, signal, onProgress, given);
  try {
    const others = otherRepositories(record, remote.repository).map(({ path }) => path);
    const session = connection.pushSession(remote.repository, others);
    const manifests = knownManifests(layout, record);
    const names = record.layers.map(({ diffId }) => ({ name: shortDigest(diffId), bytes: 0 }));
    onProgress({ type: 'start', layers: names });
    const slots = new Slots(slotCount);
    const layers = await allOrFirstFailure(
      record.layers.map((_, index) =>
        slots.run(() => pushLayer(session, connection.backoff, index, manifests, others, ctx)),
      ),
    );
    const config = readFileSync(blobPath(layout, record.id));
    const blob = { digest: record.id, size: config.length };
    if (!(await hasBlob(session, blob))) await uploadBytes(session, blob, config);
    const manifest = manifestOf(record.id, config.length, layers, manifests);
    await putManifest(session, remote, manifest);
    onProgress({ type: 'done' });
    return { digest: sha256(manifest.bytes), bytes: manifest.bytes };
  } catch (error) {
    throw signal.aborted ? aborted(signal) : error;
  }
}

/** Waits for all, so that nothing goes on behind an error. */
async function allOrFirstFailure<T>(tasks: readonly Promise<T>[]): Promise<readonly T[]> {
  const settled = await Promise.allSettled(tasks);
  return settled.map((result) => {
    if (result.status === 'fulfilled') return result.value;
    throw result.reason;
  });
}

interface LayerDescriptor {
  readonly mediaType: string;
  readonly digest: Digest;
  readonly size: number;
}

async function pushLayer(
  session: Session,
  backoff: Backoff,
  index: number,
  manifests: readonly KnownManifest[],
  others: readonly string[],
  { record, openTar, onProgress }: PushContext,
): Promise<LayerDescriptor> {
  const known = manifests.flatMap(({ layers }) => layers[index] ?? []);
  for (const descriptor of known) {
    if (!(await hasBlob(session, descriptor))) continue;
    onProgress({ type: 'layer-done', index, how: 'already-there' });
    return plain(descriptor);
  }
  for (const descriptor of known) {
    for (const from of others) {
      if (!(await mountBlob(session, descriptor.digest, from))) continue;
      onProgress({ type: 'layer-done', index, how: 'mounted' });
      return plain(descriptor);
    }
  }
  const layer = record.layers[index];
  if (layer === undefined) throw new Error(`the image has no layer ${index}`);
  const counted = async function* (): AsyncGenerator<Uint8Array> {
    let read = 0;
    for await (const chunk of openTar(layer.diffId)) {
      read += chunk.length;
      onProgress({ type: 'layer', index, read, total: 0 });
      yield chunk;
    }
  };
  const compressed = () => compress(counted(), { format: 'gzip', level });
  const uploaded = await uploadStream(session, backoff, compressed);
  onProgress({ type: 'layer-done', index, how: 'pushed' });
  return { mediaType: typesOf(manifests).layer, ...uploaded };
}

const plain = ({ mediaType, digest, size }: LayerDescriptor): LayerDescriptor => ({ mediaType, digest, size });

const typesOf = ([first]: readonly KnownManifest[]): typeof ociTypes | typeof dockerTypes =>
  first?.config.mediaType === dockerTypes.config ? dockerTypes : ociTypes;

/** The one of those that are known which names these layers, else a new one. */
function manifestOf(
  id: Digest,
  configSize: number,
  layers: readonly LayerDescriptor[],
  manifests: readonly KnownManifest[],
): { readonly mediaType: string; readonly bytes: Uint8Array } {
  const same = manifests.find((known) => known.layers.every(({ digest }, index) => digest === layers[index]?.digest));
  if (same !== undefined) return same;
  const { manifest: mediaType, config } = typesOf(manifests);
  const document = {
    schemaVersion: 2,
    mediaType,
    config: { mediaType: config, digest: id, size: configSize },
    layers,
  };
  return { mediaType, bytes: Buffer.from(JSON.stringify(document)) };
}

async function putManifest(
  session: Session,
  remote: RemoteImage,
  { mediaType, bytes }: { readonly mediaType: string; readonly bytes: Uint8Array },
): Promise<void> {
  const answer = await session.ask({
    method: 'PUT',
    target: `${session.endpoint.path}/manifests/${versionText(remote)}`,
    headers: { 'content-type': mediaType },
    body: bytes,
  });
  if (answer.status !== 201 && answer.status !== 200) {
    throw await refused(session.host, `cannot push "${remoteName(remote)}"`, answer);
  }
  await answer.discard();
}
