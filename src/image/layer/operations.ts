/**
 * The operation stream to the workbench, as bytes. native/workbench/wire.h has the format; keep both in step.
 *
 * What files hold is not in it: the workbench reads that in the memory it shares with us (parts.ts).
 */
import type { TarMetadata } from './tar/entry.ts';

const VERSION = 2;
const SLAB = 256 * 1024;

export const kinds = {
  directory: 1,
  file: 2,
  symlink: 3,
  hardlink: 4,
  node: 5,
  whiteout: 6,
  opaque: 7,
  data: 8,
  end: 9,
  read: 10,
} as const;

export const fileTypes = { char: 0o020000, block: 0o060000, fifo: 0o010000 } as const;

/** Writes operations and hands them out in pieces. Paths are byte strings, already plain (entry-path.ts). */
export class OperationStream {
  #slab = Buffer.allocUnsafe(SLAB);
  #start = 0;
  #at = 0;
  #ready: Buffer[] = [];

  constructor() {
    this.#at += this.#slab.write('TSRL', 'latin1');
    this.#u32(VERSION);
  }

  /** What has been written since the last call. */
  take(): Buffer[] {
    this.#cut();
    const ready = this.#ready;
    this.#ready = [];
    return ready;
  }

  directory(path: string, meta: TarMetadata): void {
    this.#header(kinds.directory, metaLength(meta) + 4 + path.length);
    this.#meta(meta, meta.mode);
    this.#bytes(path);
  }

  file(path: string, meta: TarMetadata, size: number): void {
    this.#header(kinds.file, metaLength(meta) + 12 + path.length);
    this.#meta(meta, meta.mode);
    this.#i64(size);
    this.#bytes(path);
  }

  symlink(path: string, meta: TarMetadata, target: string): void {
    this.#header(kinds.symlink, metaLength(meta) + 8 + path.length + target.length);
    this.#meta(meta, meta.mode);
    this.#bytes(path);
    this.#bytes(target);
  }

  hardlink(path: string, target: string): void {
    this.#header(kinds.hardlink, 8 + path.length + target.length);
    this.#bytes(path);
    this.#bytes(target);
  }

  node(
    path: string,
    meta: TarMetadata,
    node: { readonly type: number; readonly major: number; readonly minor: number },
  ): void {
    this.#header(kinds.node, metaLength(meta) + 12 + path.length);
    this.#meta(meta, meta.mode | node.type);
    this.#u32(node.major);
    this.#u32(node.minor);
    this.#bytes(path);
  }

  whiteout(path: string): void {
    this.#header(kinds.whiteout, 4 + path.length);
    this.#bytes(path);
  }

  opaque(path: string): void {
    this.#header(kinds.opaque, 4 + path.length);
    this.#bytes(path);
  }

  /** @param bytes a view of shared memory */
  data(offset: number, bytes: Buffer): void {
    this.#header(kinds.data, 16);
    this.#i64(offset);
    this.#u32(bytes.byteOffset);
    this.#u32(bytes.length);
  }

  /** Nothing that follows is about this part of the memory. */
  read(part: number): void {
    this.#header(kinds.read, 4);
    this.#u32(part);
  }

  end(): void {
    this.#header(kinds.end, 0);
  }

  #cut(): void {
    if (this.#at === this.#start) return;
    this.#ready.push(this.#slab.subarray(this.#start, this.#at));
    this.#start = this.#at;
  }

  #room(length: number): void {
    if (this.#slab.length - this.#at >= length) return;
    this.#cut();
    this.#slab = Buffer.allocUnsafe(Math.max(SLAB, length));
    this.#start = 0;
    this.#at = 0;
  }

  #header(kind: number, payload: number): void {
    this.#room(8 + payload);
    this.#head(kind, payload);
  }

  #head(kind: number, payload: number): void {
    this.#u32(kind);
    this.#u32(payload);
  }

  #u32(value: number): void {
    this.#at = this.#slab.writeUInt32LE(value, this.#at);
  }

  /** Two's complement of a safe integer. */
  #i64(value: number): void {
    this.#at = this.#slab.writeUInt32LE(((value % 2 ** 32) + 2 ** 32) % 2 ** 32, this.#at);
    this.#at = this.#slab.writeInt32LE(Math.floor(value / 2 ** 32), this.#at);
  }

  #bytes(value: string): void {
    this.#u32(value.length);
    this.#at += this.#slab.write(value, this.#at, 'latin1');
  }

  #meta(meta: TarMetadata, mode: number): void {
    this.#u32(mode);
    this.#u32(meta.uid);
    this.#u32(meta.gid);
    this.#i64(meta.mtime.seconds);
    this.#u32(meta.mtime.nanoseconds);
    this.#u32(meta.xattrs.size);
    for (const [name, value] of meta.xattrs) {
      this.#bytes(name);
      this.#u32(value.length);
      this.#at += value.copy(this.#slab, this.#at);
    }
  }
}

function metaLength(meta: TarMetadata): number {
  let length = 28;
  for (const [name, value] of meta.xattrs) length += 8 + name.length + value.length;
  return length;
}
