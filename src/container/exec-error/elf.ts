/** The header of an ELF file and the loader it asks for: elf(5), System V gABI chapters 4 and 5. */

export interface Elf {
  readonly bits: 32 | 64;
  readonly endian: 'little' | 'big';
  /** e_machine. */
  readonly machine: number;
  readonly kind: 'relocatable' | 'executable' | 'shared' | 'core' | 'other';
  /** PT_INTERP; null: a static program. */
  readonly loader: string | null;
  /** What is wrong with the header; null: nothing that we look at. */
  readonly damage: string | null;
}

/** Reads at most `length` bytes at `offset`; fewer: the file ends there; null: it cannot be read. */
export type ReadAt = (offset: number, length: number) => Uint8Array | null;

export const isElf = (start: Uint8Array): boolean =>
  start[0] === 0x7f && start[1] === 0x45 && start[2] === 0x4c && start[3] === 0x46;

const kinds = ['other', 'relocatable', 'executable', 'shared', 'core'] as const;
const ptInterp = 3;
/** The kernel refuses a longer program header table (ELF_MIN_ALIGN, fs/binfmt_elf.c). */
const maxTable = 65536;
/** PATH_MAX. */
const maxLoader = 4096;

/** @param start the file's first bytes, which {@link isElf} has seen */
export function readElf(start: Uint8Array, read: ReadAt): Elf {
  const view = viewOf(start);
  const bits = start[4] === 1 ? 32 : 64;
  const little = start[5] !== 2;
  const headerSize = bits === 64 ? 64 : 52;
  const base = { bits, endian: little ? 'little' : 'big', loader: null } as const;
  if (start.length < headerSize) {
    return { ...base, machine: 0, kind: 'other', damage: `it ends after ${start.length} bytes, inside the ELF header` };
  }
  const machine = view.getUint16(18, little);
  const kind = kinds[view.getUint16(16, little)] ?? 'other';
  const word = (at32: number, at64: number): number =>
    bits === 64 ? Number(view.getBigUint64(at64, little)) : view.getUint32(at32, little);
  const tableAt = word(28, 32);
  const entrySize = view.getUint16(bits === 64 ? 54 : 42, little);
  const entries = view.getUint16(bits === 64 ? 56 : 44, little);
  const known = { ...base, machine, kind };
  const size = entrySize * entries;
  if (entrySize < (bits === 64 ? 56 : 32) || size === 0 || size > maxTable) {
    return { ...known, damage: 'it has no usable program headers' };
  }
  const table = read(tableAt, size);
  if (table === null) return { ...known, damage: null };
  if (table.length < size) return { ...known, damage: 'it is cut off: its program headers are missing' };
  return { ...known, ...loaderOf(viewOf(table), { bits, little, entrySize, entries }, read) };
}

interface Table {
  readonly bits: 32 | 64;
  readonly little: boolean;
  readonly entrySize: number;
  readonly entries: number;
}

function loaderOf(view: DataView, table: Table, read: ReadAt): Pick<Elf, 'loader' | 'damage'> {
  for (let index = 0; index < table.entries; index += 1) {
    const at = index * table.entrySize;
    if (view.getUint32(at, table.little) !== ptInterp) continue;
    const word = (at32: number, at64: number): number =>
      table.bits === 64 ? Number(view.getBigUint64(at + at64, table.little)) : view.getUint32(at + at32, table.little);
    const size = word(16, 32);
    if (size < 2 || size > maxLoader) return { loader: null, damage: 'the name of its loader is damaged' };
    const name = read(word(4, 8), size);
    if (name === null) return { loader: null, damage: null };
    if (name.length < size) return { loader: null, damage: 'it is cut off: the name of its loader is missing' };
    return { loader: Buffer.from(name).toString('utf8').replace(/\0.*$/s, ''), damage: null };
  }
  return { loader: null, damage: null };
}

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
