/** One 512-byte header of a tar archive, POSIX pax(1) ustar format with the GNU extensions for large numbers. */

export interface TarHeader {
  readonly name: string;
  readonly link: string;
  readonly size: number;
  /** One character: '0' file, '2' symbolic link, '5' directory, 'x' extended header, ... */
  readonly type: string;
}

export const blockSize = 512;

/** A member's bytes are padded to whole blocks. */
export const paddedSize = (size: number): number => Math.ceil(size / blockSize) * blockSize;

function field(block: Uint8Array, start: number, length: number): string {
  const end = block.indexOf(0, start);
  return Buffer.from(block.subarray(start, end === -1 ? start + length : Math.min(end, start + length))).toString();
}

/** Octal digits, or base 256 when the first bit is set. */
function number(block: Uint8Array, start: number, length: number): number {
  if (((block[start] ?? 0) & 0x80) === 0) {
    const digits = field(block, start, length).trim();
    return /^[0-7]*$/.test(digits) ? Number.parseInt(digits || '0', 8) : Number.NaN;
  }
  let value = (block[start] ?? 0) & 0x7f;
  for (const byte of block.subarray(start + 1, start + length)) value = value * 256 + byte;
  return value;
}

/** The sum of the header's bytes with the checksum field read as spaces. Some old tars summed signed bytes. */
function checksumMatches(block: Uint8Array): boolean {
  let unsigned = 0;
  let signed = 0;
  for (let index = 0; index < blockSize; index += 1) {
    const byte = index >= 148 && index < 156 ? 0x20 : (block[index] ?? 0);
    unsigned += byte;
    signed += byte > 127 ? byte - 256 : byte;
  }
  const written = number(block, 148, 8);
  return written === unsigned || written === signed;
}

export const isZeroBlock = (block: Uint8Array): boolean => block.every((byte) => byte === 0);

/** The header in these 512 bytes, or null when they are none. */
export function readTarHeader(block: Uint8Array): TarHeader | null {
  if (block.length < blockSize || !checksumMatches(block)) return null;
  const size = number(block, 124, 12);
  if (!Number.isSafeInteger(size) || size < 0) return null;
  const isUstar = field(block, 257, 6) === 'ustar';
  const prefix = isUstar ? field(block, 345, 155) : '';
  const name = field(block, 0, 100);
  return {
    name: prefix === '' ? name : `${prefix}/${name}`,
    link: field(block, 157, 100),
    size,
    type: String.fromCharCode(block[156] || 0x30),
  };
}

/** The records of a pax extended header: "LENGTH KEY=VALUE\n" each. What is malformed ends the list. */
export function readPaxRecords(bytes: Uint8Array): ReadonlyMap<string, string> {
  const records = new Map<string, string>();
  for (let at = 0; at < bytes.length; ) {
    const space = bytes.indexOf(0x20, at);
    if (space === -1) break;
    const length = Number(Buffer.from(bytes.subarray(at, space)).toString());
    if (!Number.isInteger(length) || length <= space - at + 1 || at + length > bytes.length) break;
    const record = Buffer.from(bytes.subarray(space + 1, at + length - 1)).toString();
    const equals = record.indexOf('=');
    if (equals === -1) break;
    records.set(record.slice(0, equals), record.slice(equals + 1));
    at += length;
  }
  return records;
}
