/** One 512-byte header block, as it stands: V7, ustar, old star and GNU. */
import { textField } from './bytes.ts';
import { damaged } from './damage.ts';
import { numericField } from './number.ts';

export const BLOCK = 512;

export interface TarHeader {
  readonly format: 'v7' | 'ustar' | 'star' | 'gnu';
  /** The type flag's character; '\0' of old archives reads as '0'. */
  readonly type: string;
  readonly name: string;
  readonly linkname: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  readonly mtime: number;
  readonly major: number;
  readonly minor: number;
}

/** Where the fields lie, from POSIX pax (ustar) and GNU tar's tar.h. */
const at = { name: 0, mode: 100, uid: 108, gid: 116, size: 124, mtime: 136, sum: 148, type: 156, link: 157 };
const magicAt = 257;
const majorAt = 329;
const minorAt = 337;
const prefixAt = 345;

export function isZeroBlock(block: Buffer): boolean {
  if (block[0] !== 0) return false;
  for (let i = 1; i < BLOCK; i += 1) if (block[i] !== 0) return false;
  return true;
}

/** Some old programs summed signed characters: POSIX counts unsigned, readers accept both. */
function checkSum(block: Buffer): void {
  const stated = numericField(block, at.sum, 8, 'checksum');
  let unsigned = 0;
  let high = 0;
  for (let i = 0; i < BLOCK; i += 1) {
    const byte = block[i] as number;
    unsigned += byte;
    if (byte > 127) high += 1;
  }
  for (let i = at.sum; i < at.sum + 8; i += 1) {
    const byte = block[i] as number;
    unsigned += 0x20 - byte;
    if (byte > 127) high -= 1;
  }
  if (stated !== unsigned && stated !== unsigned - 256 * high) {
    throw damaged('the checksum of a header is wrong, or this is not a tar archive');
  }
}

function formatOf(block: Buffer): TarHeader['format'] {
  const magic = block.toString('latin1', magicAt, magicAt + 8);
  if (magic === 'ustar  \0') return 'gnu';
  if (!magic.startsWith('ustar')) return 'v7';
  return block.toString('latin1', 508, 512) === 'tar\0' ? 'star' : 'ustar';
}

/**
 * Reads a header that is not a zero block.
 * @throws TsrunError IMAGE_INVALID for a wrong checksum or a field that is no number.
 */
export function readHeader(block: Buffer): TarHeader {
  checkSum(block);
  const format = formatOf(block);
  const short = textField(block, at.name, 100);
  const prefixLength = format === 'ustar' ? 155 : format === 'star' ? 131 : 0;
  const prefix = prefixLength === 0 ? '' : textField(block, prefixAt, prefixLength);
  const size = numericField(block, at.size, 12, 'size');
  if (size < 0) throw damaged('the size of an entry is negative');
  const flag = block[at.type] ?? 0;
  const type = flag === 0 ? '0' : String.fromCharCode(flag);
  const isDevice = (type === '3' || type === '4') && format !== 'v7';
  return {
    format,
    type,
    name: prefix === '' ? short : `${prefix}/${short}`,
    linkname: textField(block, at.link, 100),
    mode: numericField(block, at.mode, 8, 'mode') & 0o7777,
    uid: numericField(block, at.uid, 8, 'uid'),
    gid: numericField(block, at.gid, 8, 'gid'),
    size,
    mtime: numericField(block, at.mtime, 12, 'mtime'),
    major: isDevice ? numericField(block, majorAt, 8, 'devmajor') : 0,
    minor: isDevice ? numericField(block, minorAt, 8, 'devminor') : 0,
  };
}
