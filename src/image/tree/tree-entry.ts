/** Metadata of one file, as native/workbench/look.h writes them. */

export type EntryType =
  | 'file'
  | 'directory'
  | 'symlink'
  | 'character'
  | 'block'
  | 'fifo'
  | 'socket'
  /** overlayfs' mark: lower layers' file of that name is deleted. */
  | 'whiteout';

export interface TreeEntry {
  /** From the root, a byte string without a slash at either end; '' is the root. */
  readonly path: string;
  readonly type: EntryType;
  /** The twelve bits of chmod(2). */
  readonly mode: number;
  /** In the user namespace of the tree. */
  readonly uid: number;
  readonly gid: number;
  /** Nanoseconds since 1970. */
  readonly modified: bigint;
  /** Bytes of a regular file, else 0. */
  readonly size: number;
  /** Of a device, else `0:0`. */
  readonly device: string;
  /** Equal in one tree: names of one file. */
  readonly inode: bigint;
  /** A directory that hides those of lower layers. */
  readonly isOpaque: boolean;
  /** Of a symlink, a byte string, else ''. */
  readonly target: string;
  /** Byte strings, sorted by name. */
  readonly xattrs: readonly (readonly [string, string])[];
}

const types: Readonly<Record<number, EntryType>> = {
  1: 'fifo',
  2: 'character',
  4: 'directory',
  6: 'block',
  8: 'file',
  10: 'symlink',
  12: 'socket',
};

export function readTreeEntry(bytes: Buffer): TreeEntry {
  let at = 0;
  const number = (): number => {
    at += 4;
    return bytes.readUInt32LE(at - 4);
  };
  const long = (): bigint => {
    at += 8;
    return bytes.readBigUInt64LE(at - 8);
  };
  const text = (): string => {
    const length = number();
    at += length;
    return bytes.toString('latin1', at - length, at);
  };
  const bits = number();
  const uid = number();
  const gid = number();
  const seconds = BigInt.asIntN(64, long());
  const modified = seconds * 1_000_000_000n + BigInt(number());
  const size = Number(long());
  const [major, minor] = [number(), number()];
  const inode = long();
  const isOpaque = bytes[at] === 1;
  at += 1;
  const path = text();
  const target = text();
  const xattrs = Array.from({ length: number() }, () => [text(), text()] as const);
  const type = types[bits >> 12];
  if (type === undefined) throw new Error(`a file of the unknown type ${bits >> 12}`);
  return {
    path,
    type: type === 'character' && major === 0 && minor === 0 ? 'whiteout' : type,
    mode: bits & 0o7777,
    uid,
    gid,
    modified,
    size: type === 'file' ? size : 0,
    device: type === 'character' || type === 'block' ? `${major}:${minor}` : '0:0',
    inode,
    isOpaque,
    target,
    xattrs: xattrs.sort(([a], [b]) => (a < b ? -1 : 1)),
  };
}
