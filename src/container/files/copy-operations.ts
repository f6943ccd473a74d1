/** Entries of an archive as operations for the native part, each under the name it gets. */
import { plainPath } from '../../image/layer/entry-path.ts';
import { fileTypes, type OperationStream } from '../../image/layer/operations.ts';
import type { TarEntry, TarSink } from '../../image/layer/tar/entry.ts';
import type { CopyRule } from './copy-rules.ts';

/** Gives an entry's name in the destination; both are plain byte strings. Called for the first entry first. */
export type Rename = (path: string, entry: TarEntry) => string;

export class CopyOperations implements TarSink {
  /** Devices that were left out. */
  leftOut = 0;
  readonly #out: OperationStream;
  readonly #rule: CopyRule;
  readonly #rename: Rename;
  #takesData = false;

  constructor(out: OperationStream, rule: CopyRule, rename: Rename) {
    this.#out = out;
    this.#rule = rule;
    this.#rename = rename;
  }

  entry(entry: TarEntry): void {
    this.#takesData = false;
    const path = this.#rename(plainPath(entry.name), entry);
    const meta = this.#rule(entry);
    if (meta === null) {
      this.leftOut += 1;
      return;
    }
    // The destination itself: it is there, and stays as it is.
    if (path === '') return;
    switch (entry.type) {
      case 'directory':
        this.#out.directory(path, meta);
        return;
      case 'file':
        this.#takesData = true;
        this.#out.file(path, meta, entry.size);
        return;
      case 'symlink':
        this.#out.symlink(path, meta, entry.target);
        return;
      case 'hardlink':
        this.#out.hardlink(path, this.#rename(plainPath(entry.target), entry));
        return;
      case 'char':
      case 'block':
        this.#out.node(path, meta, { type: fileTypes[entry.type], major: entry.major, minor: entry.minor });
        return;
      case 'fifo':
        this.#out.node(path, meta, { type: fileTypes.fifo, major: 0, minor: 0 });
        return;
    }
  }

  raw(): void {}

  data(offset: number, bytes: Buffer): void {
    if (this.#takesData) this.#out.data(offset, bytes);
  }
}
