/** Writes the split of an archive while its layer is unpacked. */
import { renameSync } from 'node:fs';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { addon } from '../../../native/addon.ts';
import { Compressor } from '../compress.ts';
import type { ArchiveRecorder } from './archive-recorder.ts';
import type { DisplacedFiles } from './displaced-files.ts';
import { SplitEncoder, type SplitFile } from './items.ts';
import { readSplit } from './read-split.ts';

/** Headers are mostly zeros: the fastest level makes a twentieth of them. */
const compression = { format: 'gzip', level: 1 } as const;
/** So many pieces of 256 KiB may wait for the compressor. */
const MAX_WAITING = 8;

/** The file whose data are coming. */
interface Growing {
  readonly number: number;
  readonly path: string;
  readonly size: number;
  crc: number;
  readonly extents: { offset: number; length: number }[];
}

export class SplitWriter implements ArchiveRecorder {
  readonly #path: string;
  readonly #file: FileHandle;
  readonly #compressor = new Compressor(compression);
  readonly #encoder = new SplitEncoder((piece) => this.#queue(piece));
  readonly #crc32 = addon().crc32;
  #files = 0;
  #growing: Growing | null = null;
  #waiting = 0;
  #written: Promise<void> = Promise.resolve();

  private constructor(path: string, file: FileHandle) {
    this.#path = path;
    this.#file = file;
  }

  /** Begins a split at `path`; what is there is replaced. */
  static async create(path: string): Promise<SplitWriter> {
    return new SplitWriter(path, await open(path, 'w', 0o600));
  }

  raw(bytes: Buffer): void {
    this.#settle();
    this.#encoder.raw(bytes);
  }

  file(path: string, size: number): void {
    this.#settle();
    this.#growing = { number: this.#files, path, size, crc: 0, extents: [] };
    this.#files += 1;
  }

  data(offset: number, bytes: Buffer): void {
    const file = this.#growing;
    if (file === null) throw new Error('data without a file');
    file.crc = this.#crc32(file.crc, bytes);
    const last = file.extents.at(-1);
    if (last !== undefined && last.offset + last.length === offset) last.length += bytes.length;
    else file.extents.push({ offset, length: bytes.length });
  }

  /** Resolves when there is room for more. */
  async drained(): Promise<void> {
    if (this.#waiting > MAX_WAITING) await this.#written;
  }

  /** The archive is over; resolves when the split is whole. */
  async end(displaced: DisplacedFiles | null): Promise<void> {
    this.#settle();
    this.#encoder.flush();
    await this.#written;
    for await (const piece of this.#compressor.end()) await this.#file.writeFile(piece);
    await this.#file.close();
    if (displaced?.isEmpty === false) await rewrite(this.#path, displaced);
  }

  /** Takes away what there is of it. */
  async discard(): Promise<void> {
    await this.#written.catch(() => undefined);
    await this.#file.close().catch(() => undefined);
    await rm(this.#path, { force: true });
  }

  #settle(): void {
    const file = this.#growing;
    this.#growing = null;
    if (file !== null && file.extents.length > 0) this.#encoder.file(file);
  }

  #queue(piece: Buffer): void {
    this.#waiting += 1;
    this.#written = this.#written.then(async () => {
      for await (const compressed of this.#compressor.push(piece)) await this.#file.writeFile(compressed);
      this.#waiting -= 1;
    });
    // Whoever waits for it gets the failure.
    this.#written.catch(() => undefined);
  }

  /** For {@link rewrite}: an item as it was. */
  copy(file: SplitFile): void {
    this.#encoder.file(file);
  }
}

/** Only at the end is it known which files are where their entries say. */
async function rewrite(path: string, displaced: DisplacedFiles): Promise<void> {
  const writer = await SplitWriter.create(`${path}.new`);
  try {
    for await (const item of readSplit(path)) {
      if (item.type === 'raw') writer.raw(item.bytes);
      else if (displaced.isReplaced(item.number)) {
        for (const bytes of displaced.contents(item)) {
          writer.raw(bytes);
          await writer.drained();
        }
      } else writer.copy({ ...item, path: displaced.path(item) });
      await writer.drained();
    }
    await writer.end(null);
  } catch (error) {
    await writer.discard();
    throw error;
  }
  renameSync(`${path}.new`, path);
}
