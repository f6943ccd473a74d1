/** What an archive holds, before and after one image of it was chosen. */
import { shortDigest } from '../digest.ts';
import type { Digest, ImageConfig } from '../image.ts';
import type { Platform } from '../platform.ts';
import { familiarName, normaliseReference } from '../reference.ts';

/** One choice that an archive offers. */
export interface FoundImage {
  /** As written in the archive: "alpine:latest", or a bare tag in an OCI layout. */
  readonly names: readonly string[];
  /** Digests it can be chosen by: of the config or of a manifest. */
  readonly digests: readonly Digest[];
  /** Reads its documents, all checked. `wanted` null: what this machine runs. */
  readonly read: (wanted: Platform | null) => Promise<ArchiveImage>;
}

/** An image of an archive, down to where its layers are. */
export interface ArchiveImage {
  readonly id: Digest;
  readonly configBytes: Uint8Array;
  readonly config: ImageConfig;
  /** null: the archive has no manifest for it. */
  readonly manifest: { readonly digest: Digest; readonly bytes: Uint8Array } | null;
  /** Bottom layer first. */
  readonly layers: readonly LayerSource[];
}

export interface LayerSource {
  readonly diffId: Digest;
  readonly chainId: Digest;
  /** Bytes of the blob. */
  readonly size: number;
  /** The blob from its beginning. Throws at its end when it is not what the documents say. */
  readonly open: () => AsyncIterable<Uint8Array>;
}

/** What to type after the archive's name to choose this image. */
export function selectorOf({ names, digests }: FoundImage): string {
  const [name] = names;
  const [digest] = digests;
  if (name === undefined) return digest === undefined ? '' : shortDigest(digest);
  const reference = /[:/]/.test(name) ? normaliseReference(name) : null;
  return reference === null ? name : familiarName(reference);
}
