/** What the bytes of an archive come as. */

/** A `file` can be gone back in; a `stream`, a pipe or a device, cannot. */
export type ArchiveOutput = 'file' | 'stream';

/** Bytes that follow, or that take the place of earlier ones; the latter for a file only. */
export type ArchivePart = Uint8Array | EarlierBytes;

export interface EarlierBytes {
  /** From the beginning of the archive. */
  readonly offset: number;
  readonly bytes: Uint8Array;
}
