/** Files of an imagined image, so that explanations are tested without a container. */
import type { FileStat, Look, RootFiles } from '../../src/container/exec-error/root-files.ts';

export interface TreeEntry extends Partial<FileStat> {
  readonly content?: Uint8Array;
  readonly target?: string;
  /** The errno that every look at it gives. */
  readonly hidden?: string;
}

const bytes = (content: string | Uint8Array): Uint8Array =>
  typeof content === 'string' ? Buffer.from(content, 'latin1') : content;
export const file = (content: string | Uint8Array, mode = 0o755): TreeEntry => ({ content: bytes(content), mode });
export const link = (target: string): TreeEntry => ({ type: 'symlink', target, mode: 0o777 });
export const directory = (mode = 0o755): TreeEntry => ({ type: 'directory', mode });

/** Parents that are not listed are made, 0755 and root's. */
export function imageTree(entries: Readonly<Record<string, TreeEntry>>): RootFiles {
  const tree = new Map<string, TreeEntry>([['/', directory()]]);
  for (const [path, entry] of Object.entries(entries)) {
    for (let at = path.indexOf('/', 1); at > 0; at = path.indexOf('/', at + 1)) {
      if (!tree.has(path.slice(0, at))) tree.set(path.slice(0, at), directory());
    }
    tree.set(path, entry);
  }
  /** As the kernel resolves it below the root; a final link stays. */
  const resolve = (path: string, follow: boolean, links = 0): string => {
    let at = '';
    const names = path.split('/').filter((name) => name !== '' && name !== '.');
    for (const [index, name] of names.entries()) {
      at = `${at}/${name}`;
      const entry = tree.get(at);
      const last = index === names.length - 1;
      if (entry?.target === undefined || (last && !follow) || links > 40) continue;
      const base = entry.target.startsWith('/') ? '' : at.slice(0, at.lastIndexOf('/'));
      return resolve(`${base}/${[entry.target, ...names.slice(index + 1)].join('/')}`, follow, links + 1);
    }
    return at === '' ? '/' : at;
  };
  const look = <T>(path: string, follow: boolean, value: (entry: TreeEntry, path: string) => T): Look<T> => {
    const real = resolve(path, follow);
    const entry = tree.get(real);
    if (entry === undefined) return { seen: false, errno: 'ENOENT' };
    if (entry.hidden !== undefined) return { seen: false, errno: entry.hidden };
    return { seen: true, value: value(entry, real) };
  };
  return {
    stat: (path) =>
      look(path, false, (entry) => ({
        type: 'file',
        mode: 0o755,
        uid: 0,
        gid: 0,
        size: entry.content?.length ?? 0,
        noexec: false,
        capabilities: null,
        ...entry,
      })),
    read: (path, offset, length) =>
      look(path, true, ({ content }) => (content ?? new Uint8Array()).subarray(offset, offset + length)),
    list: (path, max) =>
      look(path, true, (_, real) =>
        [...tree.keys()]
          .filter((each) => each !== '/' && (each.slice(0, each.lastIndexOf('/')) || '/') === real)
          .map((each) => each.slice(each.lastIndexOf('/') + 1))
          .slice(0, max),
      ),
    readlink: (path) => look(path, false, ({ target }) => target ?? ''),
  };
}

export interface ElfShape {
  readonly machine?: number;
  readonly bits?: 32 | 64;
  readonly endian?: 'little' | 'big';
  /** e_type: 1 object, 2 program, 3 shared object or position-independent program, 4 core. */
  readonly type?: number;
  readonly loader?: string;
}

/** The smallest ELF file that says these things of itself. */
export function elf({ machine = 62, bits = 64, endian = 'little', type = 2, loader }: ElfShape = {}): TreeEntry {
  const [headerSize, entrySize] = bits === 64 ? [64, 56] : [52, 32];
  const name = loader === undefined ? '' : `${loader}\0`;
  const content = Buffer.alloc(headerSize + entrySize + name.length);
  const little = endian === 'little';
  const view = new DataView(content.buffer, content.byteOffset, content.byteLength);
  const word = (at32: number, at64: number, value: number): void => {
    if (bits === 64) view.setBigUint64(at64, BigInt(value), little);
    else view.setUint32(at32, value, little);
  };
  content.set([0x7f, 0x45, 0x4c, 0x46, bits === 64 ? 2 : 1, little ? 1 : 2, 1]);
  view.setUint16(16, type, little);
  view.setUint16(18, machine, little);
  word(28, 32, headerSize);
  view.setUint16(bits === 64 ? 54 : 42, entrySize, little);
  view.setUint16(bits === 64 ? 56 : 44, 1, little);
  view.setUint32(headerSize, loader === undefined ? 1 : 3, little);
  word(headerSize + 4, headerSize + 8, headerSize + entrySize);
  word(headerSize + 16, headerSize + 32, name.length);
  content.write(name, headerSize + entrySize, 'latin1');
  return { content, mode: 0o755 };
}
