/** The archive of a layer again, byte for byte, from its split and its files. */

import { addon } from '../../../native/addon.ts';
import type { UserNamespace } from '../../../plan/host-facts.ts';
import { throwIfAborted } from '../../aborted.ts';
import { FileReader, type ReadFault } from './file-reader.ts';
import type { SplitFile, SplitItem } from './items.ts';
import { readSplit } from './read-split.ts';

/** A file that does not hold what the archive had; `path` is a byte string. */
export interface FileFault {
  readonly path: string;
  readonly fault: ReadFault | 'other-contents';
}

export interface RebuildRequest {
  /** Of the layer, absolute. */
  readonly directory: string;
  /** The split's file. */
  readonly split: string;
  /** Whose ids own the layer. */
  readonly mapping: UserNamespace;
  readonly signal: AbortSignal;
  /** What it does not throw for goes on, with zeros where there is nothing to be read. */
  readonly onFault: (fault: FileFault) => void;
}

/** Files that are asked for before those before them were taken. */
const AHEAD = 256;
const SLAB = 256 * 1024;

/**
 * The archive, uncompressed, in pieces of {@link SLAB} bytes; each is a buffer of its own. Nothing checks the whole: its digest is
 * the caller's to compare.
 *
 * @throws TsrunError STORE, ABORTED
 */
export async function* rebuildTar(request: RebuildRequest): AsyncGenerator<Buffer> {
  const { signal, onFault } = request;
  const reader = await FileReader.open(request.directory, request.mapping);
  try {
    const gathered = new Slab();
    for await (const item of askedAhead(readSplit(request.split), reader)) {
      throwIfAborted(signal);
      if (item.type === 'raw') yield* gathered.add(item.bytes);
      else yield* fileData(item, reader, gathered, onFault);
    }
    yield* gathered.rest();
  } finally {
    await reader.close();
  }
}

/** The same items; the files of those to come are read already. */
async function* askedAhead(items: AsyncGenerator<SplitItem>, reader: FileReader): AsyncGenerator<SplitItem> {
  const ahead: SplitItem[] = [];
  for await (const item of items) {
    // A copy: the source fills its buffer again.
    ahead.push(item.type === 'raw' ? { type: 'raw', bytes: Buffer.from(item.bytes) } : item);
    if (item.type === 'file') reader.ask(item);
    if (ahead.length >= AHEAD) yield ahead.shift() as SplitItem;
  }
  yield* ahead;
}

async function* fileData(
  file: SplitFile,
  reader: FileReader,
  gathered: Slab,
  onFault: RebuildRequest['onFault'],
): AsyncGenerator<Buffer> {
  const { crc32 } = addon();
  let left = file.extents.reduce((sum, { length }) => sum + length, 0);
  let crc = 0;
  const pieces = reader.take();
  for (;;) {
    const next = await pieces.next();
    if (next.done === true) {
      const fault = next.value ?? (crc === file.crc ? null : 'other-contents');
      if (fault !== null) onFault({ path: file.path, fault });
      break;
    }
    crc = crc32(crc, next.value);
    left -= next.value.length;
    yield* gathered.add(next.value);
  }
  for (; left > 0; left -= Math.min(left, SLAB)) yield* gathered.add(Buffer.alloc(Math.min(left, SLAB)));
}

/** Small pieces become large ones. */
class Slab {
  #slab = Buffer.allocUnsafeSlow(SLAB);
  #at = 0;

  *add(bytes: Buffer): Generator<Buffer> {
    for (let from = 0; from < bytes.length; ) {
      const copied = bytes.copy(this.#slab, this.#at, from);
      this.#at += copied;
      from += copied;
      if (this.#at === SLAB) {
        yield this.#slab;
        this.#slab = Buffer.allocUnsafeSlow(SLAB);
        this.#at = 0;
      }
    }
  }

  *rest(): Generator<Buffer> {
    if (this.#at > 0) yield this.#slab.subarray(0, this.#at);
  }
}
