/** What a file is by its first bytes. */
import { isZeroBlock, readTarHeader } from './tar-header.ts';

export type FirstBytes =
  | { readonly type: 'compressed' }
  | { readonly type: 'tar' }
  | { readonly type: 'empty' }
  | { readonly type: 'other'; readonly looksLike: string | null };

const compressions: readonly (readonly number[])[] = [
  [0x1f, 0x8b],
  [0x28, 0xb5, 0x2f, 0xfd],
  [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00],
  [0x42, 0x5a, 0x68],
];

/** What people hand over by mistake. */
const others: readonly (readonly [string, string])[] = [
  ['\x7fELF', 'an executable'],
  ['PK\x03\x04', 'a zip archive'],
  ['7z\xbc\xaf\x27\x1c', 'a 7z archive'],
  ['hsqs', 'a squashfs image'],
  ['QFI\xfb', 'a qcow2 disk image'],
  ['#!', 'a script'],
  ['<', 'an HTML or XML page'],
  ['{', 'a JSON document'],
];

/** zstd allows skippable frames before the first, RFC 8878 3.1.2. */
const isSkippableFrame = (bytes: Uint8Array): boolean =>
  ((bytes[0] ?? 0) & 0xf0) === 0x50 && bytes[1] === 0x2a && bytes[2] === 0x4d && bytes[3] === 0x18;

/** @param bytes at least the first 512, or all there are */
export function recogniseBytes(bytes: Uint8Array): FirstBytes {
  if (bytes.length === 0) return { type: 'empty' };
  if (readTarHeader(bytes.subarray(0, 512)) !== null) return { type: 'tar' };
  if (bytes.length >= 512 && isZeroBlock(bytes.subarray(0, 512))) return { type: 'tar' };
  if (compressions.some((magic) => magic.every((byte, at) => bytes[at] === byte)) || isSkippableFrame(bytes)) {
    return { type: 'compressed' };
  }
  const start = Buffer.from(bytes.subarray(0, 8)).toString('latin1');
  return { type: 'other', looksLike: others.find(([magic]) => start.startsWith(magic))?.[1] ?? null };
}
