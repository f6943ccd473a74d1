/**
 * The tar reader: takes an archive in chunks of any size, gives entries and data.
 *
 * Strict where readers are known to differ (sizes on entries without data, two names for one entry, NUL bytes in names,
 * metadata for all entries at once): a layer must mean the same to whoever checks it and to whoever runs it.
 */
import { damaged } from './damage.ts';
import type { TarSink } from './entry.ts';
import { Extensions, type ResolvedEntry } from './extensions.ts';
import { BLOCK, isZeroBlock, readHeader } from './header.ts';
import { type Extent, extentsOf, GnuSparseMap, TextSparseMap } from './sparse.ts';

/** Of one extended header: names, and all extended attributes of one entry. */
const MAX_EXTENDED = 1 << 20;
const META_TYPES = new Set(['x', 'g', 'L', 'K']);

type State =
  | { readonly type: 'header' }
  | { readonly type: 'extended'; readonly of: string; readonly payload: number }
  | { readonly type: 'gnu-map'; readonly entry: ResolvedEntry; readonly map: GnuSparseMap }
  | { readonly type: 'text-map'; readonly entry: ResolvedEntry; readonly map: TextSparseMap; readonly left: number }
  | { readonly type: 'data' }
  | { readonly type: 'ended' };

const padding = (size: number): number => (BLOCK - (size % BLOCK)) % BLOCK;
const wholeBlocks = (size: number): number => size + padding(size);

export class TarReader {
  readonly #sink: TarSink;
  readonly #extensions = new Extensions();
  #state: State = { type: 'header' };
  #zeroBlock = false;
  /** What has come of a block or extended header that is not complete yet. */
  #gathered: Buffer[] = [];
  #gatheredLength = 0;
  #extents: readonly Extent[] = [];
  #extent = 0;
  #inExtent = 0;
  #dataLeft = 0;
  #skip = 0;

  constructor(sink: TarSink) {
    this.#sink = sink;
  }

  /** Reads on. The sink gets views of `chunk`. */
  push(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.#state.type === 'ended') {
        this.#sink.raw(chunk.subarray(at));
        return;
      }
      if (this.#state.type === 'data') {
        at = this.#data(chunk, at);
        continue;
      }
      const wanted = this.#state.type === 'extended' ? wholeBlocks(this.#state.payload) : BLOCK;
      const missing = wanted - this.#gatheredLength;
      const piece = chunk.subarray(at, at + missing);
      at += piece.length;
      this.#sink.raw(piece);
      if (piece.length === missing && this.#gatheredLength === 0) {
        this.#complete(piece);
        continue;
      }
      this.#gathered.push(piece);
      this.#gatheredLength += piece.length;
      if (this.#gatheredLength < wanted) return;
      const whole = Buffer.concat(this.#gathered);
      this.#gathered = [];
      this.#gatheredLength = 0;
      this.#complete(whole);
    }
  }

  /**
   * The archive is over.
   * @returns 'marked' when it had its end blocks, 'bare' when it just stopped between two entries.
   * @throws TsrunError IMAGE_INVALID when it stopped anywhere else.
   */
  end(): 'marked' | 'bare' {
    if (this.#state.type === 'ended') return 'marked';
    const between = this.#state.type === 'header' && this.#gatheredLength === 0 && !this.#extensions.pending;
    if (!between) throw damaged('the archive is truncated');
    return this.#zeroBlock ? 'marked' : 'bare';
  }

  #complete(block: Buffer): void {
    const state = this.#state;
    switch (state.type) {
      case 'header':
        this.#header(block);
        return;
      case 'extended':
        this.#state = { type: 'header' };
        this.#extensions.take(state.of, block.subarray(0, state.payload));
        return;
      case 'gnu-map':
        state.map.extend(block);
        if (!state.map.extended) this.#startGnuSparse(state.entry, state.map);
        return;
      case 'text-map': {
        const left = state.left - BLOCK;
        if (state.map.take(block)) {
          this.#announce(state.entry);
          this.#startData(extentsOf(state.map.numbers, sizeOf(state.entry), left), left);
        } else if (left < BLOCK) throw damaged('a sparse map is cut off');
        else this.#state = { ...state, left };
        return;
      }
      case 'data':
      case 'ended':
        throw new Error(`no block is gathered in the state "${state.type}"`);
    }
  }

  #header(block: Buffer): void {
    if (isZeroBlock(block)) {
      if (this.#extensions.pending) throw damaged('an extended header has no entry');
      if (this.#zeroBlock) this.#state = { type: 'ended' };
      this.#zeroBlock = true;
      return;
    }
    if (this.#zeroBlock) throw damaged('an entry follows a lone zero block');
    const header = readHeader(block);
    if (META_TYPES.has(header.type)) {
      if (header.size > MAX_EXTENDED) throw damaged('an extended header is too large');
      if (header.size === 0) throw damaged('an extended header is empty');
      this.#state = { type: 'extended', of: header.type, payload: header.size };
      return;
    }
    const resolved = this.#extensions.resolve(header);
    if (resolved.sparse.type === 'gnu') {
      const map = new GnuSparseMap(block);
      if (map.extended) this.#state = { type: 'gnu-map', entry: resolved, map };
      else this.#startGnuSparse(resolved, map);
    } else if (resolved.sparse.type === 'pax' && resolved.sparse.pax.major >= 1) {
      if (resolved.stored < BLOCK) throw damaged('a sparse map is cut off');
      this.#state = { type: 'text-map', entry: resolved, map: new TextSparseMap(), left: resolved.stored };
    } else if (resolved.sparse.type === 'pax') {
      const { map, blocks } = resolved.sparse.pax;
      if (blocks !== null && blocks * 2 !== map.length) throw damaged('a sparse map has the wrong length');
      this.#announce(resolved);
      this.#startData(extentsOf(map, sizeOf(resolved), resolved.stored), resolved.stored);
    } else {
      this.#announce(resolved);
      this.#startData(resolved.stored === 0 ? [] : [{ offset: 0, length: resolved.stored }], resolved.stored);
    }
  }

  #startGnuSparse(resolved: ResolvedEntry, map: GnuSparseMap): void {
    const entry = { ...resolved.entry, type: 'file', size: map.realSize } as const;
    this.#sink.entry(entry);
    this.#startData(extentsOf(map.numbers, map.realSize, resolved.stored), resolved.stored);
  }

  #announce(resolved: ResolvedEntry): void {
    this.#state = { type: 'header' };
    this.#sink.entry(resolved.entry);
  }

  #startData(extents: readonly Extent[], stored: number): void {
    this.#extents = extents;
    this.#extent = 0;
    this.#inExtent = 0;
    this.#dataLeft = stored;
    this.#skip = padding(stored);
    this.#state = stored === 0 ? { type: 'header' } : { type: 'data' };
  }

  /** Hands on what `chunk` holds of the current file; returns the position after it. */
  #data(chunk: Buffer, start: number): number {
    let at = start;
    while (this.#dataLeft > 0 && at < chunk.length) {
      const extent = this.#extents[this.#extent];
      if (extent === undefined) throw new Error('the extents and the stored size of a file differ');
      const length = Math.min(extent.length - this.#inExtent, chunk.length - at);
      this.#sink.data(extent.offset + this.#inExtent, chunk.subarray(at, at + length));
      at += length;
      this.#dataLeft -= length;
      this.#inExtent += length;
      if (this.#inExtent === extent.length) {
        this.#extent += 1;
        this.#inExtent = 0;
      }
    }
    if (this.#dataLeft > 0) return at;
    const skipped = Math.min(this.#skip, chunk.length - at);
    if (skipped > 0) this.#sink.raw(chunk.subarray(at, at + skipped));
    this.#skip -= skipped;
    if (this.#skip === 0) this.#state = { type: 'header' };
    return at + skipped;
  }
}

function sizeOf(resolved: ResolvedEntry): number {
  if (resolved.entry.type !== 'file') throw new Error('only regular files have a sparse map');
  return resolved.entry.size;
}
