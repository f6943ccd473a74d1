/** The members of a seekable tar archive: one pass over the headers, skipping the data. */
import type { FileHandle } from 'node:fs/promises';
import { TsrunError } from '../../errors/tsrun-error.ts';
import { linkedMember, memberName } from './member-name.ts';
import { blockSize, isZeroBlock, paddedSize, readPaxRecords, readTarHeader } from './tar-header.ts';

export type TarMember =
  | { readonly type: 'file'; readonly offset: number; readonly size: number }
  | { readonly type: 'link'; readonly target: string }
  | { readonly type: 'other' };

export type TarIndex = ReadonlyMap<string, TarMember>;

/** One read serves the headers of many small files. */
const windowSize = 64 * 1024;
/** No honest name or set of records is longer. */
const maxMetaSize = 1024 * 1024;

/** Reads with a window, so that neighbouring headers cost no system call. */
class Window {
  readonly #file: FileHandle;
  #start = 0;
  #bytes = new Uint8Array(0);

  constructor(file: FileHandle) {
    this.#file = file;
  }

  /** The bytes at `offset`; fewer than `length` only at the end of the file. */
  async at(offset: number, length: number): Promise<Uint8Array> {
    const from = offset - this.#start;
    if (from < 0 || from + length > this.#bytes.length) {
      const buffer = Buffer.allocUnsafe(Math.max(windowSize, length));
      const { bytesRead } = await this.#file.read(buffer, 0, buffer.length, offset);
      this.#start = offset;
      this.#bytes = buffer.subarray(0, bytesRead);
    }
    return this.#bytes.subarray(offset - this.#start, offset - this.#start + length);
  }
}

/**
 * Indexes an archive; of members with the same name the last counts, as in tar.
 *
 * @param name what the error calls the file
 * @throws TsrunError IMAGE_INVALID when it is no tar or is cut short
 */
export async function indexTar(file: FileHandle, fileSize: number, name: string): Promise<TarIndex> {
  const members = new Map<string, TarMember>();
  const window = new Window(file);
  let pax: ReadonlyMap<string, string> = new Map();
  let longName: string | null = null;
  let longLink: string | null = null;
  for (let offset = 0; offset < fileSize; ) {
    const block = await window.at(offset, blockSize);
    if (block.length === blockSize && isZeroBlock(block)) break;
    const header = readTarHeader(block);
    if (header === null) throw block.length < blockSize ? truncated(name, fileSize) : notATar(name, offset);
    const isMeta = 'xgLK'.includes(header.type);
    const size = isMeta ? header.size : sizeOf(pax, header.size);
    const data = offset + blockSize;
    offset = data + paddedSize(size);
    if (data + size > fileSize) throw truncated(name, fileSize);
    if (isMeta) {
      if (size > maxMetaSize) throw notATar(name, data);
      const bytes = await window.at(data, size);
      if (header.type === 'x') pax = readPaxRecords(bytes);
      if (header.type === 'L') longName = text(bytes);
      if (header.type === 'K') longLink = text(bytes);
      continue;
    }
    const member = memberName(pax.get('path') ?? longName ?? header.name);
    if (member !== null) {
      const link = pax.get('linkpath') ?? longLink ?? header.link;
      members.set(member, memberOf(header.type, member, link, { offset: data, size }));
    }
    pax = new Map();
    longName = null;
    longLink = null;
  }
  return members;
}

function memberOf(type: string, member: string, link: string, data: { offset: number; size: number }): TarMember {
  if (type === '0' || type === '7') return { type: 'file', ...data };
  if (type !== '1' && type !== '2') return { type: 'other' };
  const target = linkedMember(member, link, type === '1' ? 'hard' : 'symbolic');
  return target === null ? { type: 'other' } : { type: 'link', target };
}

function sizeOf(pax: ReadonlyMap<string, string>, size: number): number {
  const written = pax.get('size');
  return written !== undefined && /^[0-9]{1,15}$/.test(written) ? Number(written) : size;
}

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString().replace(/\0.*$/s, '');

const truncated = (name: string, size: number): TsrunError =>
  new TsrunError('IMAGE_INVALID', `cannot read "${name}": the tar archive is cut short`, {
    why: `a member goes on beyond the file's end at ${size} bytes`,
    hint: 'was it copied or downloaded to the end?',
  });

const notATar = (name: string, offset: number): TsrunError =>
  new TsrunError('IMAGE_INVALID', `cannot read "${name}": the tar archive is damaged`, {
    why: `there is no valid header at byte ${offset}`,
  });
