/** The files of an image archive, whatever holds them: a tar or a directory. */

export interface ImageFiles {
  /** What errors call the archive. */
  readonly name: string;
  /** Size of a regular file, links followed; null when there is none of that name. */
  size(member: string): Promise<number | null>;
  /** A small file as a whole. */
  read(member: string): Promise<Uint8Array>;
  /** A file's bytes, in order. */
  open(member: string): AsyncIterable<Uint8Array>;
  /** Names at the top, without their contents. */
  topLevel(): Promise<ReadonlySet<string>>;
  close(): Promise<void>;
}
