/** Sparse files: where the stored bytes belong. Four encodings, one map. */
import { damaged } from './damage.ts';
import { decimal, numericField } from './number.ts';

/** `length` stored bytes belong at `offset`. */
export interface Extent {
  readonly offset: number;
  readonly length: number;
}

const MAX_EXTENTS = 1 << 20;

/** Pairs numbers up and checks that the map is in order, inside the file, and as long as what is stored. */
export function extentsOf(numbers: readonly number[], size: number, stored: number): readonly Extent[] {
  if (numbers.length % 2 !== 0) throw damaged('a sparse map is cut off');
  const extents: Extent[] = [];
  let end = 0;
  let total = 0;
  for (let i = 0; i < numbers.length; i += 2) {
    const offset = numbers[i] ?? 0;
    const length = numbers[i + 1] ?? 0;
    if (offset < end || offset + length > size) throw damaged('a sparse map overlaps or leaves its file');
    end = offset + length;
    total += length;
    if (length > 0) extents.push({ offset, length });
  }
  if (total !== stored) throw damaged('a sparse map and the stored size of its file differ');
  return extents;
}

/** The old GNU form: extents in the header, more in extension blocks. `realSize` in the header only. */
export class GnuSparseMap {
  readonly numbers: number[] = [];
  readonly realSize: number;
  extended: boolean;

  constructor(header: Buffer) {
    this.realSize = numericField(header, 483, 12, 'real size');
    this.extended = header[482] !== 0;
    this.#take(header, 386, 4);
    if (this.realSize < 0) throw damaged('the size of an entry is negative');
  }

  extend(block: Buffer): void {
    this.#take(block, 0, 21);
    this.extended = block[504] !== 0;
  }

  #take(block: Buffer, start: number, count: number): void {
    for (let i = 0; i < count; i += 1) {
      const at = start + i * 24;
      if (block[at] === 0) return;
      const offset = numericField(block, at, 12, 'sparse offset');
      const length = numericField(block, at + 12, 12, 'sparse length');
      if (offset < 0 || length < 0) throw damaged('a sparse map has negative numbers');
      this.numbers.push(offset, length);
      if (this.numbers.length > 2 * MAX_EXTENTS) throw damaged('a sparse map is too long');
    }
  }
}

/** The map of GNU.sparse 1.0: decimal lines before the data, padded to whole blocks. */
export class TextSparseMap {
  readonly numbers: number[] = [];
  #wanted: number | null = null;
  #line = '';

  /** Takes one block; true when the map is complete. */
  take(block: Buffer): boolean {
    const lines = (this.#line + block.toString('latin1')).split('\n');
    this.#line = '';
    for (const [index, line] of lines.entries()) {
      if (this.#wanted !== null && this.numbers.length === this.#wanted) return true;
      if (index === lines.length - 1) {
        this.#line = line;
        break;
      }
      const number = decimal(line, 'sparse map');
      if (this.#wanted !== null) this.numbers.push(number);
      else if (number > MAX_EXTENTS) throw damaged('a sparse map is too long');
      else this.#wanted = 2 * number;
    }
    if (this.#line.length > 20) throw damaged('a sparse map is not made of numbers');
    return this.#wanted !== null && this.numbers.length === this.#wanted;
  }
}
