/** Content digests: the only strings that may become part of a path in the store. */
import { createHash } from 'node:crypto';
import { TsrunError } from '../errors/tsrun-error.ts';
import type { Digest } from './image.ts';

const sha256Pattern = /^sha256:[0-9a-f]{64}$/;
/** image-spec descriptor.md: algorithm ":" encoded. */
const anyPattern = /^[a-z0-9]+([+._-][a-z0-9]+)*:[a-zA-Z0-9=_-]+$/;

/** Whether the text is a whole sha256 digest. */
export const isDigest = (text: string): text is Digest => sha256Pattern.test(text);

/**
 * Checks a digest before it is used for anything, above all before it is joined to a path.
 *
 * @throws TsrunError IMAGE_UNSUPPORTED for another algorithm, IMAGE_INVALID for anything that is no digest
 * @example parseDigest(descriptor.digest, 'manifest.json layers[0].digest')
 */
export function parseDigest(text: string, at: string): Digest {
  if (isDigest(text)) return text;
  const shown = JSON.stringify(text.slice(0, 100));
  if (anyPattern.test(text) && !text.startsWith('sha256:')) {
    throw new TsrunError('IMAGE_UNSUPPORTED', `cannot check the digest ${shown}`, {
      why: `${at} uses another algorithm than sha256`,
    });
  }
  throw new TsrunError('IMAGE_INVALID', `cannot use ${shown} as a digest`, {
    why: `${at} must be "sha256:" and 64 lower-case hex digits`,
  });
}

/** The 64 hex digits of a digest. */
export const digestHex = (digest: Digest): string => digest.slice('sha256:'.length);

/** The digest with these 64 hex digits; a mistake of ours when they are not. */
export function digestOfHex(hex: string): Digest {
  const text = `sha256:${hex}`;
  if (!isDigest(text)) throw new Error(`not a hex digest: ${hex}`);
  return text;
}

/** The digest of some bytes. */
export const sha256 = (bytes: Uint8Array | string): Digest =>
  digestOfHex(createHash('sha256').update(bytes).digest('hex'));

/** How a digest is shown to people: 12 hex digits, as docker does. */
export const shortDigest = (digest: Digest): string => digestHex(digest).slice(0, 12);
