/** Reading JSON documents of images: capped, strictly UTF-8, every field checked where it is read. */
import { isUtf8 } from 'node:buffer';
import { TsrunError } from '../../errors/tsrun-error.ts';

/** Registries accept manifests of 4 MiB; twice that is nobody's honest document. */
export const maxDocumentBytes = 8 * 1024 * 1024;

export type JsonObject = Readonly<Record<string, unknown>>;

/** The error for a field that is not what the specification says. */
export const badField = (at: string, expected: string): TsrunError =>
  new TsrunError('IMAGE_INVALID', `cannot read the image's ${at}`, { why: `it is not ${expected}` });

/**
 * Parses a document. The parser's own message is left out: it quotes the bytes, which may be those of another file.
 *
 * @throws TsrunError IMAGE_INVALID
 */
export function parseJson(bytes: Uint8Array, at: string): unknown {
  if (bytes.length > maxDocumentBytes) throw tooLargeDocument(at, bytes.length);
  try {
    // A TextDecoder would be loaded for this alone; as with one, a byte order mark is no part of the document.
    if (!isUtf8(bytes)) throw new TypeError('not UTF-8');
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
    return JSON.parse(text.startsWith('\ufeff') ? text.slice(1) : text);
  } catch {
    throw badField(at, bytes.length === 0 ? 'JSON: it is empty' : 'JSON');
  }
}

export const tooLargeDocument = (at: string, size: number): TsrunError =>
  new TsrunError('IMAGE_INVALID', `cannot read the image's ${at}`, {
    why: `it is ${size} bytes long, and no such document is longer than ${maxDocumentBytes}`,
  });

export function asObject(value: unknown, at: string): JsonObject {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonObject;
  throw badField(at, 'an object');
}

export function asArray(value: unknown, at: string): readonly unknown[] {
  if (Array.isArray(value)) return value as readonly unknown[];
  throw badField(at, 'an array');
}

/** A string; never with a NUL, which no argument, variable or path of Linux can hold. */
export function asText(value: unknown, at: string): string {
  if (typeof value === 'string' && !value.includes('\0')) return value;
  throw badField(at, 'a string');
}

/** A size in bytes. */
export function asSize(value: unknown, at: string): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw badField(at, 'a whole number of bytes');
}

/** Go writes an absent field as null, and people leave it out. */
export const isAbsent = (value: unknown): value is null | undefined => value === null || value === undefined;

export const optionalText = (value: unknown, at: string): string | null => (isAbsent(value) ? null : asText(value, at));

export const optionalTexts = (value: unknown, at: string): readonly string[] =>
  isAbsent(value) ? [] : asArray(value, at).map((item, index) => asText(item, `${at}[${index}]`));

export const optionalObject = (value: unknown, at: string): JsonObject => (isAbsent(value) ? {} : asObject(value, at));

/** An object of strings, for example annotations. */
export const optionalTextMap = (value: unknown, at: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(optionalObject(value, at)).map(([key, text]) => [asText(key, at), asText(text, `${at}.${key}`)]),
  );
