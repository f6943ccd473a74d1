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
  /** Names directly below a directory. */
  list(directory: string): Promise<ReadonlySet<string>>;
  close(): Promise<void>;
}

/** The files below one directory of an archive, as if it were the top. */
export const filesBelow = (files: ImageFiles, directory: string): ImageFiles => ({
  name: files.name,
  size: (member) => files.size(`${directory}/${member}`),
  read: (member) => files.read(`${directory}/${member}`),
  open: (member) => files.open(`${directory}/${member}`),
  topLevel: () => files.list(directory),
  list: (below) => files.list(`${directory}/${below}`),
  close: () => files.close(),
});
