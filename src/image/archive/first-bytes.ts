/** What a file is by its first bytes. */
import { compressionOf } from '../layer/decompress.ts';
import { isZeroBlock, readTarHeader } from './tar-header.ts';

export type FirstBytes =
  | { readonly type: 'compressed' }
  | { readonly type: 'tar' }
  | { readonly type: 'empty' }
  | { readonly type: 'other'; readonly looksLike: string | null };

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

/** @param bytes at least the first 512, or all there are */
export function recogniseBytes(bytes: Uint8Array): FirstBytes {
  if (bytes.length === 0) return { type: 'empty' };
  if (readTarHeader(bytes.subarray(0, 512)) !== null) return { type: 'tar' };
  if (bytes.length >= 512 && isZeroBlock(bytes.subarray(0, 512))) return { type: 'tar' };
  if (compressionOf(bytes) !== 'none') return { type: 'compressed' };
  const start = Buffer.from(bytes.subarray(0, 8)).toString('latin1');
  return { type: 'other', looksLike: others.find(([magic]) => start.startsWith(magic))?.[1] ?? null };
}
