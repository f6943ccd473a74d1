/** What the tar reader makes of headers: one entry with all its extensions resolved. */
import type { TarTime } from './pax.ts';

export interface TarMetadata {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly mtime: TarTime;
  /** Name to value, as stored. */
  readonly xattrs: ReadonlyMap<string, Buffer>;
}

/** Names are byte strings (bytes.ts), exactly as the archive has them. */
export type TarEntry = { readonly name: string; readonly meta: TarMetadata } & (
  | { readonly type: 'file' /** With its holes. */; readonly size: number }
  | { readonly type: 'directory' | 'fifo' }
  | { readonly type: 'symlink' | 'hardlink'; readonly target: string }
  | { readonly type: 'char' | 'block'; readonly major: number; readonly minor: number }
);

/** Gets the archive piece by piece, synchronously. What `raw` and `data` get, in order, is the whole archive. */
export interface TarSink {
  /** Bytes that are not data of a file: headers, padding, the end; those of a header before its entry. */
  raw(bytes: Buffer): void;
  entry(entry: TarEntry): void;
  /** Data of the file announced last, in rising order of `offset`; what lies between is a hole. */
  data(offset: number, bytes: Buffer): void;
}
