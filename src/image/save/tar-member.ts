/** Members of the archives that we write: plain files of nobody in particular, ustar (POSIX pax). */

const BLOCK = 512;
/** What eleven octal digits hold. */
const MAX_OCTAL = 8 ** 11;

const octal = (value: number, digits: number): string => `${value.toString(8).padStart(digits, '0')}\0`;

/** A file's header. The same member is the same bytes whoever writes it, whenever. */
export function memberHeader(name: string, size: number): Buffer {
  const header = Buffer.alloc(BLOCK);
  header.write(name, 0, 100, 'latin1');
  header.write(octal(0o644, 7), 100, 'latin1');
  header.write(octal(0, 7), 108, 'latin1');
  header.write(octal(0, 7), 116, 'latin1');
  if (size < MAX_OCTAL) header.write(octal(size, 11), 124, 'latin1');
  else {
    // GNU tar's form of what octal cannot hold: every reader of image archives knows it.
    header[124] = 0x80;
    header.writeBigUInt64BE(BigInt(size), 128);
  }
  header.write(octal(0, 11), 136, 'latin1');
  header.write('        0', 148, 'latin1');
  header.write('ustar\u000000', 257, 'latin1');
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return header;
}

/** What fills a member's last block. */
export const memberPadding = (size: number): Buffer => Buffer.alloc((BLOCK - (size % BLOCK)) % BLOCK);

/** A small file. */
export const member = (name: string, bytes: Uint8Array): readonly Uint8Array[] => [
  memberHeader(name, bytes.length),
  bytes,
  memberPadding(bytes.length),
];

/** The two blocks that end an archive. */
export const archiveEnd = (): Buffer => Buffer.alloc(2 * BLOCK);
