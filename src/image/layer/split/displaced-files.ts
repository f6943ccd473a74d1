/** Files of an archive that are not where their entry says: moved along a link of a lower layer, or removed by a later entry. */
import { closeSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import type { Displaced } from '../workbench.ts';
import type { SplitFile } from './items.ts';

const PIECE = 64 * 1024;

/** Data of a removed file, kept at `at` of the temporary file. */
interface Kept {
  readonly offset: number;
  length: number;
  readonly at: number;
}

export class DisplacedFiles {
  readonly #temporary: string;
  readonly #moved = new Map<number, string>();
  readonly #replaced = new Map<number, Kept[]>();
  #fd: number | null = null;
  #end = 0;
  #failure: Error | null = null;

  /** @param temporary where contents of removed files are kept until `release` */
  constructor(temporary: string) {
    this.#temporary = temporary;
  }

  get isEmpty(): boolean {
    return this.#moved.size === 0 && this.#replaced.size === 0;
  }

  /** Hears what the workbench says. Never throws: the failure comes with what asks for the contents. */
  readonly take = (reply: Displaced): void => {
    if (reply.type === 'moved') {
      this.#moved.set(reply.file, reply.path);
      return;
    }
    const kept = this.#replaced.get(reply.file) ?? [];
    this.#replaced.set(reply.file, kept);
    if (reply.bytes.length === 0 || this.#failure !== null) return;
    try {
      this.#keep(kept, reply.offset, reply.bytes);
    } catch (error) {
      this.#failure = error instanceof Error ? error : new Error(String(error));
    }
  };

  isReplaced(number: number): boolean {
    return this.#replaced.has(number);
  }

  /** Where the file is. */
  path(file: SplitFile): string {
    return this.#moved.get(file.number) ?? file.path;
  }

  /** The data of a removed file, as the archive had them. */
  *contents(file: SplitFile): Generator<Buffer> {
    if (this.#failure !== null) throw this.#failure;
    const kept = this.#replaced.get(file.number) ?? [];
    for (const { offset, length } of file.extents) {
      for (let at = offset; at < offset + length; ) {
        const bytes = Buffer.alloc(Math.min(PIECE, offset + length - at));
        this.#fill(kept, at, bytes);
        yield bytes;
        at += bytes.length;
      }
    }
  }

  release(): void {
    if (this.#fd !== null) closeSync(this.#fd);
    this.#fd = null;
  }

  #keep(kept: Kept[], offset: number, bytes: Buffer): void {
    if (this.#fd === null) {
      this.#fd = openSync(this.#temporary, 'wx+', 0o600);
      rmSync(this.#temporary);
    }
    for (let done = 0; done < bytes.length; ) {
      done += writeSync(this.#fd, bytes, done, bytes.length - done, this.#end + done);
    }
    const last = kept.at(-1);
    if (last !== undefined && last.offset + last.length === offset && last.at + last.length === this.#end) {
      last.length += bytes.length;
    } else kept.push({ offset, length: bytes.length, at: this.#end });
    this.#end += bytes.length;
  }

  /** What no piece covers was a hole on the disk: zeros. */
  #fill(kept: readonly Kept[], from: number, bytes: Buffer): void {
    for (const piece of kept) {
      const start = Math.max(from, piece.offset);
      const end = Math.min(from + bytes.length, piece.offset + piece.length);
      if (start >= end) continue;
      const at = piece.at + start - piece.offset;
      for (let done = 0; done < end - start; ) {
        const got = readSync(this.#fd as number, bytes, start - from + done, end - start - done, at + done);
        if (got === 0) throw new Error('contents of a removed file are gone');
        done += got;
      }
    }
  }
}
