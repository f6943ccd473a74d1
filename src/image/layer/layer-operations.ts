/** What entries of a layer mean: the changes of image-spec layer.md as operations for the workbench. */
import { TsrunError } from '../../errors/tsrun-error.ts';
import type { UserNamespace } from '../../plan/host-facts.ts';
import { plainPath } from './entry-path.ts';
import { fileTypes, type OperationStream } from './operations.ts';
import { ownersIn } from './owners.ts';
import type { ArchiveRecorder } from './split/archive-recorder.ts';
import { printable } from './tar/bytes.ts';
import type { TarEntry, TarMetadata, TarSink } from './tar/entry.ts';
import { isImageXattr } from './xattrs.ts';

const WHITEOUT = '.wh.';
const OPAQUE = '.wh..wh..opq';
/** Other marks of the aufs of old (hard link and orphan directories): not part of the image. */
const AUFS = '.wh..wh.';

export interface LayerLimits {
  /** Bytes of a file with its holes, all files together. */
  readonly maxApparent: number;
  readonly maxEntries: number;
}

const joined = (parent: string, name: string): string => (parent === '' ? name : `${parent}/${name}`);

export class LayerOperations implements TarSink {
  entries = 0;
  /** Of file data, without holes. */
  bytes = 0;
  readonly #out: OperationStream;
  readonly #limits: LayerLimits;
  readonly #mapping: UserNamespace;
  readonly #recorder: ArchiveRecorder;
  readonly #owner: (name: string, meta: TarMetadata) => TarMetadata;
  #apparent = 0;
  #dropData = false;

  constructor(out: OperationStream, mapping: UserNamespace, limits: LayerLimits, recorder: ArchiveRecorder) {
    this.#out = out;
    this.#recorder = recorder;
    this.#limits = limits;
    this.#mapping = mapping;
    this.#owner = ownersIn(mapping);
  }

  raw(bytes: Buffer): void {
    this.#recorder.raw(bytes);
  }

  entry(entry: TarEntry): void {
    this.entries += 1;
    if (this.entries > this.#limits.maxEntries) throw tooLarge(`it has more than ${this.#limits.maxEntries} entries`);
    const path = plainPath(entry.name);
    const slash = path.lastIndexOf('/');
    const name = path.slice(slash + 1);
    this.#dropData = name.startsWith(WHITEOUT);
    if (this.#dropData) this.#mark(entry.name, slash === -1 ? '' : path.slice(0, slash), name);
    else this.#add(path, entry);
  }

  data(offset: number, bytes: Buffer): void {
    if (this.#dropData) {
      this.#recorder.raw(bytes);
      return;
    }
    this.bytes += bytes.length;
    this.#out.data(offset, bytes);
    this.#recorder.data(offset, bytes);
  }

  #mark(shown: string, parent: string, name: string): void {
    if (name === OPAQUE) {
      this.#out.opaque(parent);
      return;
    }
    if (name.startsWith(AUFS)) return;
    const hidden = name.slice(WHITEOUT.length);
    if (hidden === '' || hidden === '.' || hidden === '..') {
      throw new TsrunError('IMAGE_INVALID', `cannot unpack the entry "${printable(shown)}"`, {
        why: 'it deletes something that has no name',
      });
    }
    this.#out.whiteout(joined(parent, hidden));
  }

  #add(path: string, entry: TarEntry): void {
    const meta = this.#owner(entry.name, this.#filtered(entry.meta));
    if (path === '' && entry.type !== 'directory') throw refused(entry.name, 'it would replace the root directory');
    switch (entry.type) {
      case 'directory':
        this.#out.directory(path, meta);
        return;
      case 'file':
        this.#apparent += entry.size;
        if (this.#apparent > this.#limits.maxApparent) {
          throw tooLarge(`with their holes its files are larger than ${this.#limits.maxApparent} bytes`);
        }
        this.#out.file(path, meta, entry.size);
        this.#recorder.file(path, entry.size);
        return;
      case 'symlink':
        if (entry.target === '') throw refused(entry.name, 'it is a symbolic link to nothing');
        if (entry.target.length > 4095) throw refused(entry.name, 'its target is longer than 4095 bytes');
        this.#out.symlink(path, meta, entry.target);
        return;
      case 'hardlink': {
        const target = plainPath(entry.target);
        if (target === '' || target === path) throw refused(entry.name, 'it is a hard link to itself or to the root');
        this.#out.hardlink(path, target);
        return;
      }
      case 'char':
      case 'block':
        this.#out.node(path, meta, { type: fileTypes[entry.type], major: entry.major, minor: entry.minor });
        return;
      case 'fifo':
        this.#out.node(path, meta, { type: fileTypes.fifo, major: 0, minor: 0 });
        return;
    }
  }

  #filtered(meta: TarMetadata): TarMetadata {
    if (meta.xattrs.size === 0) return meta;
    const kept = [...meta.xattrs].filter(([name]) => isImageXattr(name, this.#mapping));
    return kept.length === meta.xattrs.size ? meta : { ...meta, xattrs: new Map(kept) };
  }
}

const refused = (name: string, why: string): TsrunError =>
  new TsrunError('IMAGE_INVALID', `cannot unpack the entry "${printable(name)}"`, { why });

/** The error of every limit on layers. */
export const tooLarge = (why: string): TsrunError =>
  new TsrunError('IMAGE_TOO_LARGE', 'the layer is too large', { why, hint: 'raise the limit if you trust the image' });
