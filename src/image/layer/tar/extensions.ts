/** Extended headers gathered for the entry they precede, and what they make of it. */
import { printable } from './bytes.ts';
import { damaged, unsupported } from './damage.ts';
import type { TarEntry, TarMetadata } from './entry.ts';
import type { TarHeader } from './header.ts';
import { emptyPax, type PaxHeader, type PaxSparse, readGlobalPax, readPax } from './pax.ts';

/** The entry, and how many bytes of data follow its header. */
export interface ResolvedEntry {
  readonly entry: TarEntry;
  readonly stored: number;
  /** Encoding of the sparse map, if there is one. */
  readonly sparse:
    | { readonly type: 'none' }
    | { readonly type: 'gnu' }
    | { readonly type: 'pax'; readonly pax: PaxSparse };
}

const nothing: PaxHeader = emptyPax();
const MAX_ID = 0xffff_fffe;

/** Collects x, g, L and K until the real header comes. */
export class Extensions {
  readonly #defaults = emptyPax();
  #pax: PaxHeader | null = null;
  #longName: string | null = null;
  #longLink: string | null = null;

  /** True while an extended header waits for its entry. */
  get pending(): boolean {
    return this.#pax !== null || this.#longName !== null || this.#longLink !== null;
  }

  /** Takes the payload of an extended header. */
  take(type: string, payload: Buffer): void {
    if (type === 'g') readGlobalPax(payload, this.#defaults);
    else if (type === 'x') {
      if (this.#pax !== null) throw damaged('two extended headers stand before one entry');
      this.#pax = readPax(payload);
    } else {
      const nul = payload.indexOf(0);
      const name = payload.toString('latin1', 0, nul === -1 ? payload.length : nul);
      if ((type === 'L' ? this.#longName : this.#longLink) !== null) throw damaged('an entry has two long names');
      if (type === 'L') this.#longName = name;
      else this.#longLink = name;
    }
  }

  /** Resolves the real header and starts afresh. */
  resolve(header: TarHeader): ResolvedEntry {
    const pax = this.#pax ?? nothing;
    const name = this.#name(header, pax);
    const target = pax.linkpath ?? this.#longLink ?? header.linkname;
    if (pax.linkpath !== null && this.#longLink !== null) throw damaged('an entry has two link targets');
    this.#pax = null;
    this.#longName = null;
    this.#longLink = null;
    const meta = metadataOf(header, pax, this.#defaults, name);
    return build({ header, pax, meta, name, target });
  }

  #name(header: TarHeader, pax: PaxHeader): string {
    if (pax.path !== null && this.#longName !== null) throw damaged('an entry has two names');
    return pax.sparse?.name ?? pax.path ?? this.#longName ?? header.name;
  }
}

function metadataOf(header: TarHeader, pax: PaxHeader, defaults: PaxHeader, name: string): TarMetadata {
  const uid = pax.uid ?? defaults.uid ?? header.uid;
  const gid = pax.gid ?? defaults.gid ?? header.gid;
  if (uid < 0 || gid < 0 || uid > MAX_ID || gid > MAX_ID)
    throw damaged(`the owner of "${printable(name)}" is out of range`);
  const mtime = pax.mtime ?? defaults.mtime ?? { seconds: header.mtime, nanoseconds: 0 };
  return { mode: header.mode, uid, gid, mtime, xattrs: pax.xattrs };
}

interface Parts {
  readonly header: TarHeader;
  readonly pax: PaxHeader;
  readonly meta: TarMetadata;
  readonly name: string;
  readonly target: string;
}

const none = { type: 'none' } as const;

function build(parts: Parts): ResolvedEntry {
  const { header, pax, meta, name, target } = parts;
  const shown = printable(name);
  const size = pax.size ?? header.size;
  if (pax.sparse !== null && header.type !== '0' && header.type !== '7') {
    throw damaged(`"${shown}" has a sparse map and is no regular file`);
  }
  /** Programs differ on whether data follows: taking either side would let a layer show two faces. */
  const withoutData = (): void => {
    if (size !== 0) throw damaged(`"${shown}" is of a type without data and has a size`);
  };
  switch (header.type) {
    case '0':
    case '7':
      if (name.endsWith('/')) {
        // How V7 archives, which had no type for it, mark a directory.
        withoutData();
        return { entry: { type: 'directory', name, meta }, stored: 0, sparse: none };
      }
      if (pax.sparse !== null) {
        const apparent = pax.sparse.size ?? size;
        return {
          entry: { type: 'file', name, meta, size: apparent },
          stored: size,
          sparse: { type: 'pax', pax: pax.sparse },
        };
      }
      return { entry: { type: 'file', name, meta, size }, stored: size, sparse: none };
    case 'S':
      if (header.format !== 'gnu') throw unsupported(`"${shown}" is a sparse file of an unknown kind`);
      return { entry: { type: 'file', name, meta, size: 0 }, stored: size, sparse: { type: 'gnu' } };
    case '1':
      // V7 tar wrote the target's size into a link's header, without data.
      if (header.format !== 'v7') withoutData();
      return { entry: { type: 'hardlink', name, meta, target }, stored: 0, sparse: none };
    case '2':
      withoutData();
      return { entry: { type: 'symlink', name, meta, target }, stored: 0, sparse: none };
    case '3':
    case '4': {
      withoutData();
      const major = pax.major ?? header.major;
      const minor = pax.minor ?? header.minor;
      if (major < 0 || minor < 0 || major > 0xfff || minor > 0xfffff) {
        throw damaged(`the device number of "${shown}" is out of range`);
      }
      const type = header.type === '3' ? 'char' : 'block';
      return { entry: { type, name, meta, major, minor }, stored: 0, sparse: none };
    }
    case '5':
      withoutData();
      return { entry: { type: 'directory', name, meta }, stored: 0, sparse: none };
    case '6':
      withoutData();
      return { entry: { type: 'fifo', name, meta }, stored: 0, sparse: none };
    default:
      throw unsupported(`"${shown}" is of the unknown type "${printable(header.type)}"`);
  }
}
