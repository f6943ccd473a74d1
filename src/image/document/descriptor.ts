/** Descriptors: what a document says of a blob it refers to, image-spec descriptor.md. */
import { parseDigest } from '../digest.ts';
import type { Digest } from '../image.ts';
import { type Platform, readPlatform } from '../platform.ts';
import { asObject, asSize, asText, isAbsent, optionalTextMap } from './json.ts';

export interface Descriptor {
  readonly mediaType: string;
  readonly digest: Digest;
  readonly size: number;
  readonly annotations: Readonly<Record<string, string>>;
  /** null: not said; the config knows. */
  readonly platform: Platform | null;
}

/** @throws TsrunError IMAGE_INVALID */
export function parseDescriptor(value: unknown, at: string): Descriptor {
  const fields = asObject(value, at);
  return {
    mediaType: asText(fields['mediaType'], `${at}.mediaType`),
    digest: parseDigest(asText(fields['digest'], `${at}.digest`), `${at}.digest`),
    size: asSize(fields['size'], `${at}.size`),
    annotations: optionalTextMap(fields['annotations'], `${at}.annotations`),
    platform: isAbsent(fields['platform']) ? null : readPlatform(fields['platform'], `${at}.platform`),
  };
}
