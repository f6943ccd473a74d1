/** Blobs that are checked against digest and size while they stream: nobody can forget to. */
import { createHash } from 'node:crypto';
import { TsrunError } from '../../errors/tsrun-error.ts';
import type { Digest } from '../image.ts';

/** What a descriptor promises of a blob. */
export interface BlobPromise {
  readonly digest: Digest;
  /** null: not promised (a docker-archive names only digests). */
  readonly size: number | null;
}

/** A blob that is shorter or longer than promised. */
export const wrongSize = ({ digest, size }: BlobPromise, seen: string): TsrunError =>
  new TsrunError('IMAGE_INVALID', `cannot use the blob ${digest}`, {
    why: `its descriptor says ${size} bytes, it has ${seen}`,
    hint: 'fetch or export the image again',
  });

/**
 * The same bytes; throws IMAGE_INVALID at the end instead of ending when they are not the promised ones, and as soon as there
 * are too many.
 */
export async function* verifyBlob(blob: AsyncIterable<Uint8Array>, promised: BlobPromise): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of blob) {
    size += chunk.length;
    if (promised.size !== null && size > promised.size) throw wrongSize(promised, 'more');
    hash.update(chunk);
    yield chunk;
  }
  if (promised.size !== null && size !== promised.size) throw wrongSize(promised, String(size));
  const actual = `sha256:${hash.digest('hex')}`;
  if (actual === promised.digest) return;
  throw new TsrunError('IMAGE_INVALID', `cannot use the blob ${promised.digest}`, {
    why: `its contents have the digest ${actual}: the image is damaged or was changed`,
    hint: 'fetch or export it again',
  });
}

/**
 * A layer's blob, verified; its size was compared before. The digest of one that is not compressed is its diff id, which unpacking checks anyway: it is not
 * hashed twice. (A compressed blob under that digest unpacks to another diff id and is refused there.)
 */
export const verifyLayer = (
  blob: AsyncIterable<Uint8Array>,
  promised: BlobPromise,
  diffId: Digest,
): AsyncIterable<Uint8Array> => (promised.digest === diffId ? blob : verifyBlob(blob, promised));
