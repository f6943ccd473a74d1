/** The kernel's page size: 4096 on x86-64; 4, 16 or 64 KiB on arm64. Memory limits are rounded to it. */
import { readFileSync } from 'node:fs';

const AT_PAGESZ = 6n;
const littleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** Bytes, from the auxiliary vector, getauxval(3). */
export function pageSize(): number {
  // It has no other; and reading the vector's numbers takes a start's tenth of a millisecond.
  if (process.arch === 'x64') return 4096;
  const vector = readFileSync('/proc/self/auxv');
  const read = littleEndian ? 'readBigUInt64LE' : 'readBigUInt64BE';
  for (let at = 0; at + 16 <= vector.length; at += 16) {
    if (vector[read](at) === AT_PAGESZ) return Number(vector[read](at + 8));
  }
  return 4096;
}
