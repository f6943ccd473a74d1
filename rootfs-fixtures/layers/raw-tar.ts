/**
 * Archives built header by header, so that broken and misleading ones can be expressed: nothing here checks anything.
 *
 * Names are byte strings: one character per byte.
 */

/** The fields of one header; whoever builds a hostile one overrides what it likes. */
export interface RawHeader {
  readonly name: string;
  readonly type: string;
  readonly mode: number | string;
  readonly uid: number | string;
  readonly gid: number | string;
  /** A string is written as it stands. */
  readonly size: number | string;
  readonly mtime: number | string;
  readonly linkname: string;
  readonly major: number;
  readonly minor: number;
  readonly magic: string;
  readonly prefix: string;
  /** 'right', or the bytes to put there. */
  readonly checksum: string;
}

const plain: RawHeader = {
  name: '',
  type: '0',
  mode: 0o644,
  uid: 0,
  gid: 0,
  size: 0,
  mtime: 1_700_000_000,
  linkname: '',
  major: 0,
  minor: 0,
  magic: 'ustar\x0000',
  prefix: '',
  checksum: 'right',
};

export const GNU_MAGIC = 'ustar  \0';

/** Base-256, as GNU tar writes what octal cannot hold. */
export function base256(value: bigint, width: number): string {
  let text = '';
  for (let rest = value, i = 0; i < width; i += 1, rest >>= 8n) text = String.fromCharCode(Number(rest & 0xffn)) + text;
  return String.fromCharCode(text.charCodeAt(0) | 0x80) + text.slice(1);
}

function field(block: Buffer, value: number | string, offset: number, width: number): void {
  if (typeof value === 'string') block.write(value, offset, width, 'latin1');
  else if (value < 8 ** (width - 1)) block.write(`${value.toString(8).padStart(width - 1, '0')}\0`, offset, 'latin1');
  else block.write(base256(BigInt(value), width), offset, 'latin1');
}

/** Sets the checksum of a block. */
export function sealed(block: Buffer): Buffer {
  block.fill(' ', 148, 156);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return block;
}

export function rawHeader(fields: Partial<RawHeader>): Buffer {
  const header = { ...plain, ...fields };
  const block = Buffer.alloc(512);
  block.write(header.name, 0, 100, 'latin1');
  field(block, header.mode, 100, 8);
  field(block, header.uid, 108, 8);
  field(block, header.gid, 116, 8);
  field(block, header.size, 124, 12);
  field(block, header.mtime, 136, 12);
  block.write(header.type, 156, 1, 'latin1');
  block.write(header.linkname, 157, 100, 'latin1');
  block.write(header.magic, 257, 8, 'latin1');
  field(block, header.major, 329, 8);
  field(block, header.minor, 337, 8);
  block.write(header.prefix, 345, 155, 'latin1');
  sealed(block);
  if (header.checksum !== 'right') block.write(header.checksum, 148, 8, 'latin1');
  return block;
}

/** Data padded to whole blocks. */
export function padded(data: Buffer): Buffer {
  return Buffer.concat([data, Buffer.alloc((512 - (data.length % 512)) % 512)]);
}

const bytes = (data: string | Buffer): Buffer => (typeof data === 'string' ? Buffer.from(data, 'latin1') : data);

/** One PAX record with its right length. */
export function paxRecord(key: string, value: string | Buffer): Buffer {
  const rest = Buffer.concat([bytes(` ${key}=`), bytes(value), bytes('\n')]);
  let length = rest.length + 1;
  while (String(length).length + rest.length !== length) length += 1;
  return Buffer.concat([bytes(String(length)), rest]);
}

/** An extended header with any payload. */
export const rawExtended = (type: string, payload: Buffer, fields: Partial<RawHeader> = {}): Buffer =>
  Buffer.concat([rawHeader({ name: 'PaxHeaders/0', type, size: payload.length, ...fields }), padded(payload)]);

/** A PAX header for the next entry. */
export const pax = (records: Readonly<Record<string, string | Buffer>>, type = 'x'): Buffer =>
  rawExtended(type, Buffer.concat(Object.entries(records).map(([key, value]) => paxRecord(key, value))));

/** A GNU long name (L) or long link (K) for the next entry. */
export const gnuLong = (type: 'L' | 'K', text: string): Buffer =>
  rawExtended(type, bytes(`${text}\0`), { name: '././@LongLink', magic: GNU_MAGIC });

export const rawFile = (name: string, data: string | Buffer = '', fields: Partial<RawHeader> = {}): Buffer =>
  Buffer.concat([rawHeader({ name, size: bytes(data).length, ...fields }), padded(bytes(data))]);

export const rawDirectory = (name: string, fields: Partial<RawHeader> = {}): Buffer =>
  rawHeader({ name, type: '5', mode: 0o755, ...fields });

export const rawSymlink = (name: string, linkname: string, fields: Partial<RawHeader> = {}): Buffer =>
  rawHeader({ name, linkname, type: '2', mode: 0o777, ...fields });

export const rawHardLink = (name: string, linkname: string, fields: Partial<RawHeader> = {}): Buffer =>
  rawHeader({ name, linkname, type: '1', ...fields });

/** The two zero blocks. */
export const endOfArchive = Buffer.alloc(1024);

/** Headers and data in order, with the end blocks. */
export const archive = (...parts: readonly Buffer[]): Buffer => Buffer.concat([...parts, endOfArchive]);
