/** Members of the archives that we write: plain files of nobody in particular, ustar (POSIX pax). */

const BLOCK = 512;
/** What eleven octal digits hold. */
const MAX_OCTAL = 8 ** 11;

const octal = (value: number, digits: number): string => `${value.toString(8).padStart(digits, '0')}\0`;

/** A file's header. The same member is the same bytes whoever writes it, whenever. */
export const memberHeader = (name: string, size: number): Buffer => header(name, size, { type: '0', mode: 0o644 });

/** A directory; its name ends with a slash. */
export const memberDirectory = (name: string): Buffer => header(name, 0, { type: '5', mode: 0o755 });

function header(name: string, size: number, kind: { readonly type: '0' | '5'; readonly mode: number }): Buffer {
  const block = Buffer.alloc(BLOCK);
  block.write(name, 0, 100, 'latin1');
  block.write(octal(kind.mode, 7), 100, 'latin1');
  block.write(octal(0, 7), 108, 'latin1');
  block.write(octal(0, 7), 116, 'latin1');
  if (size < MAX_OCTAL) block.write(octal(size, 11), 124, 'latin1');
  else {
    // GNU tar's form of what octal cannot hold: every reader of image archives knows it.
    block[124] = 0x80;
    block.writeBigUInt64BE(BigInt(size), 128);
  }
  block.write(octal(0, 11), 136, 'latin1');
  block.write(`        ${kind.type}`, 148, 'latin1');
  block.write('ustar\u000000', 257, 'latin1');
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return block;
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
