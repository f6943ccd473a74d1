/** Digests and random names of a warm start. What reads whole files streams them through node:crypto. */
import { addon } from './addon.ts';

/** SHA-256; a text is hashed as UTF-8. */
export const sha256Bytes = (input: Uint8Array | string): Buffer =>
  addon().sha256(typeof input === 'string' ? Buffer.from(input) : input);

export const sha256Hex = (input: Uint8Array | string): string => sha256Bytes(input).toString('hex');

/** So many random bytes as lower-case hex digits, two for each. */
export const randomHex = (bytes: number): string => addon().randomBytes(bytes).toString('hex');
