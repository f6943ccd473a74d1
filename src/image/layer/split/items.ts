/**
 * The split of an archive: all of it but what files of the unpacked layer hold, in order, with references in place of that. The
 * idea is that of docker's tar-split. Gzip on disk; inside, items one after another, little endian:
 *
 *     raw   u8 1, u32 length, bytes
 *     file  u8 2, u32 number, u64 size, u32 CRC-32 of the data, u16 length and path, u32 count, count times u64 offset and u64 length
 *
 * A path is a byte string from the layer's root, without links. `number` counts the files of the archive from 0, as the workbench does. The
 * file's data in the archive are its extents one after another; `size` is with holes.
 */
import type { Extent } from '../tar/sparse.ts';

export type SplitItem = { readonly type: 'raw'; readonly bytes: Buffer } | ({ readonly type: 'file' } & SplitFile);

export interface SplitFile {
  readonly number: number;
  readonly path: string;
  readonly size: number;
  readonly crc: number;
  readonly extents: readonly Extent[];
}

const RAW = 1;
const FILE = 2;
const SLAB = 256 * 1024;
const RAW_HEAD = 5;
const FILE_HEAD = 19;
const EXTENT = 16;

/** Writes items and hands them out in pieces. */
export class SplitEncoder {
  readonly #onPiece: (piece: Buffer) => void;
  #slab = Buffer.allocUnsafe(SLAB);
  #at = 0;
  /** Where the raw item that still grows begins. */
  #open: number | null = null;

  constructor(onPiece: (piece: Buffer) => void) {
    this.#onPiece = onPiece;
  }

  raw(bytes: Buffer): void {
    for (let from = 0; from < bytes.length; ) {
      if (this.#slab.length - this.#at < RAW_HEAD + 1) this.flush();
      if (this.#open === null) {
        this.#open = this.#at;
        this.#at += RAW_HEAD;
      }
      const taken = Math.min(bytes.length - from, this.#slab.length - this.#at);
      bytes.copy(this.#slab, this.#at, from, from + taken);
      this.#at += taken;
      from += taken;
    }
  }

  file({ number, path, size, crc, extents }: SplitFile): void {
    this.#close();
    const length = FILE_HEAD + path.length + 4 + extents.length * EXTENT;
    if (this.#slab.length - this.#at < length) {
      this.flush();
      if (length > SLAB) this.#slab = Buffer.allocUnsafe(length);
    }
    const slab = this.#slab;
    let at = slab.writeUInt8(FILE, this.#at);
    at = slab.writeUInt32LE(number, at);
    at = writeLong(slab, size, at);
    at = slab.writeUInt32LE(crc, at);
    // PATH_MAX fits by far.
    at = slab.writeUInt16LE(path.length, at);
    at += slab.write(path, at, 'latin1');
    at = slab.writeUInt32LE(extents.length, at);
    for (const extent of extents) {
      at = writeLong(slab, extent.offset, at);
      at = writeLong(slab, extent.length, at);
    }
    this.#at = at;
  }

  /** Hands out what is written so far. */
  flush(): void {
    this.#close();
    if (this.#at > 0) this.#onPiece(this.#slab.subarray(0, this.#at));
    this.#slab = Buffer.allocUnsafe(SLAB);
    this.#at = 0;
  }

  #close(): void {
    if (this.#open === null) return;
    this.#slab.writeUInt8(RAW, this.#open);
    this.#slab.writeUInt32LE(this.#at - this.#open - RAW_HEAD, this.#open + 1);
    this.#open = null;
  }
}

function writeLong(slab: Buffer, value: number, at: number): number {
  slab.writeUInt32LE(value % 2 ** 32, at);
  return slab.writeUInt32LE(Math.floor(value / 2 ** 32), at + 4);
}

const readLong = (bytes: Buffer, at: number): number => bytes.readUInt32LE(at) + bytes.readUInt32LE(at + 4) * 2 ** 32;

/**
 * Cuts the decompressed bytes of a split into items.
 * @throws Error when they are none
 */
export async function* splitItems(source: AsyncIterable<Buffer>): AsyncGenerator<SplitItem> {
  let rest = Buffer.alloc(0);
  for await (const chunk of source) {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let at = 0;
    for (;;) {
      const length = itemLength(bytes, at);
      if (length === null || bytes.length - at < length) break;
      yield readItem(bytes, at, length);
      at += length;
    }
    // A copy: the source fills its buffer again.
    rest = Buffer.from(bytes.subarray(at));
  }
  if (rest.length > 0) throw new Error('a split ends within an item');
}

/** Of the item that begins there; null: too little of it has come. */
function itemLength(bytes: Buffer, at: number): number | null {
  const left = bytes.length - at;
  if (left < RAW_HEAD) return null;
  const kind = bytes[at];
  if (kind === RAW) return RAW_HEAD + bytes.readUInt32LE(at + 1);
  if (kind !== FILE) throw new Error(`a split has an item of the unknown kind ${kind}`);
  if (left < FILE_HEAD) return null;
  const path = bytes.readUInt16LE(at + 17);
  if (left < 19 + path + 4) return null;
  return 19 + path + 4 + bytes.readUInt32LE(at + 19 + path) * EXTENT;
}

function readItem(bytes: Buffer, at: number, length: number): SplitItem {
  if (bytes[at] === RAW) return { type: 'raw', bytes: bytes.subarray(at + RAW_HEAD, at + length) };
  const pathLength = bytes.readUInt16LE(at + 17);
  const first = at + 19 + pathLength + 4;
  const extents: Extent[] = [];
  for (let extent = first; extent < at + length; extent += EXTENT) {
    extents.push({ offset: readLong(bytes, extent), length: readLong(bytes, extent + 8) });
  }
  return {
    type: 'file',
    number: bytes.readUInt32LE(at + 1),
    size: readLong(bytes, at + 5),
    crc: bytes.readUInt32LE(at + 13),
    path: bytes.toString('latin1', at + 19, at + 19 + pathLength),
    extents,
  };
}
