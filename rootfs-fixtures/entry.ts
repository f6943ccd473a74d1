/** What a test image consists of: a list of files, in the order in which they stand in the archive. */

interface Metadata {
  /** Relative, without a leading slash or "./". */
  readonly path: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

export type Entry =
  | (Metadata & { readonly type: 'file'; readonly content: Buffer })
  | (Metadata & { readonly type: 'directory' })
  | (Metadata & { readonly type: 'symlink'; readonly target: string });

/** A file owned by root. */
export const file = (path: string, content: string | Buffer, mode = 0o644): Entry => ({
  type: 'file',
  path,
  mode,
  uid: 0,
  gid: 0,
  content: typeof content === 'string' ? Buffer.from(content) : content,
});

/** A directory owned by root unless said otherwise. */
export const directory = (path: string, mode = 0o755, owner = 0): Entry => ({
  type: 'directory',
  path,
  mode,
  uid: owner,
  gid: owner,
});

export const symlink = (path: string, target: string): Entry => ({
  type: 'symlink',
  path,
  mode: 0o777,
  uid: 0,
  gid: 0,
  target,
});
