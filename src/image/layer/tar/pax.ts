/** Extended headers: POSIX pax records, with the extensions of star, libarchive and GNU tar that layers use. */
import { damaged } from './damage.ts';
import { decimal } from './number.ts';

/** A point in time; `nanoseconds` counts forward from `seconds`, also before 1970. */
export interface TarTime {
  readonly seconds: number;
  readonly nanoseconds: number;
}

/** GNU.sparse.*, versions 0.0, 0.1 and 1.0. */
export interface PaxSparse {
  name: string | null;
  /** Size with its holes. */
  size: number | null;
  major: number;
  minor: number;
  blocks: number | null;
  /** offset, length, offset, length, ... of 0.0 and 0.1. */
  map: number[];
}

/** What one extended header says; null: nothing. */
export interface PaxHeader {
  path: string | null;
  linkpath: string | null;
  size: number | null;
  uid: number | null;
  gid: number | null;
  mtime: TarTime | null;
  major: number | null;
  minor: number | null;
  readonly xattrs: Map<string, Buffer>;
  sparse: PaxSparse | null;
}

export const emptyPax = (): PaxHeader => ({
  path: null,
  linkpath: null,
  size: null,
  uid: null,
  gid: null,
  mtime: null,
  major: null,
  minor: null,
  xattrs: new Map(),
  sparse: null,
});

const NEWLINE = 0x0a;
const SPACE = 0x20;
const EQUALS = 0x3d;

/** Splits "LENGTH KEY=VALUE\n" records. */
export function* paxRecords(payload: Buffer): Generator<readonly [key: string, value: Buffer]> {
  let start = 0;
  while (start < payload.length) {
    const space = payload.indexOf(SPACE, start);
    const digits = space === -1 || space - start > 10 ? '' : payload.toString('latin1', start, space);
    const length = /^[1-9][0-9]*$/.test(digits) ? Number(digits) : 0;
    const end = start + length;
    if (length === 0 || end > payload.length || payload[end - 1] !== NEWLINE) {
      throw damaged('the records of an extended header have wrong lengths');
    }
    const equals = payload.indexOf(EQUALS, space + 1);
    if (equals === -1 || equals >= end || equals === space + 1) {
      throw damaged('a record of an extended header has no key');
    }
    const key = payload.toString('latin1', space + 1, equals);
    if (key.includes('\0')) throw damaged('a key in an extended header holds a NUL byte');
    yield [key, payload.subarray(equals + 1, end - 1)];
    start = end;
  }
}

/** Decimal seconds with an optional fraction: "-1.5" is half a second before -1. */
export function paxTime(text: string): TarTime {
  const parts = /^(-?)([0-9]{1,15})(?:\.([0-9]*))?$/.exec(text);
  if (parts === null) throw damaged('a time in an extended header is not a number');
  const whole = Number(parts[2]);
  const nanoseconds = Number(`${parts[3] ?? ''}000000000`.slice(0, 9));
  if (parts[1] === '') return { seconds: whole, nanoseconds };
  if (nanoseconds === 0) return { seconds: whole === 0 ? 0 : -whole, nanoseconds: 0 };
  return { seconds: -whole - 1, nanoseconds: 1_000_000_000 - nanoseconds };
}

function text(key: string, value: Buffer): string {
  // A NUL ends the name for programs in C and not for others: the classic way to make two readers disagree.
  if (value.includes(0)) throw damaged(`"${key}" in an extended header holds a NUL byte`);
  return value.toString('latin1');
}

/** libarchive encodes names like URLs and values in base64. */
function libarchiveXattr(into: Map<string, Buffer>, key: string, value: Buffer): void {
  const name = key
    .slice('LIBARCHIVE.xattr.'.length)
    .replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  if (name.includes('\0')) throw damaged('a key in an extended header holds a NUL byte');
  const encoded = text(key, value);
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(encoded)) throw damaged(`"${key}" is not base64`);
  if (!into.has(name)) into.set(name, Buffer.from(encoded, 'base64'));
}

function sparseRecord(sparse: PaxSparse, key: string, value: string): void {
  switch (key) {
    case 'GNU.sparse.name':
      sparse.name = value;
      return;
    case 'GNU.sparse.size':
    case 'GNU.sparse.realsize':
      sparse.size = decimal(value, key);
      return;
    case 'GNU.sparse.major':
      sparse.major = decimal(value, key);
      return;
    case 'GNU.sparse.minor':
      sparse.minor = decimal(value, key);
      return;
    case 'GNU.sparse.numblocks':
      sparse.blocks = decimal(value, key);
      return;
    case 'GNU.sparse.offset':
    case 'GNU.sparse.numbytes':
      // 0.0 repeats the two keys in turn.
      if ((sparse.map.length % 2 === 0) !== (key === 'GNU.sparse.offset'))
        throw damaged('a sparse map is out of order');
      sparse.map.push(decimal(value, key));
      return;
    case 'GNU.sparse.map':
      sparse.map = value === '' ? [] : value.split(',').map((number) => decimal(number, key));
      return;
    default:
      throw damaged(`"${key}" is not known`);
  }
}

const newSparse = (): PaxSparse => ({ name: null, size: null, major: 0, minor: 0, blocks: null, map: [] });

/** Reads one record into `pax`. An empty value takes a former one back (POSIX pax). Unknown keys are for others. */
function take(pax: PaxHeader, key: string, value: Buffer): void {
  const number = (): number | null => (value.length === 0 ? null : decimal(text(key, value), key));
  if (key.startsWith('SCHILY.xattr.')) pax.xattrs.set(key.slice('SCHILY.xattr.'.length), Buffer.from(value));
  else if (key.startsWith('LIBARCHIVE.xattr.')) libarchiveXattr(pax.xattrs, key, value);
  else if (key.startsWith('GNU.sparse.')) {
    pax.sparse ??= newSparse();
    sparseRecord(pax.sparse, key, text(key, value));
  } else if (key === 'path') pax.path = text(key, value) || null;
  else if (key === 'linkpath') pax.linkpath = text(key, value) || null;
  else if (key === 'size') pax.size = number();
  else if (key === 'uid') pax.uid = number();
  else if (key === 'gid') pax.gid = number();
  else if (key === 'mtime') pax.mtime = value.length === 0 ? null : paxTime(text(key, value));
  else if (key === 'SCHILY.devmajor') pax.major = number();
  else if (key === 'SCHILY.devminor') pax.minor = number();
}

/** Reads the payload of an 'x' header. */
export function readPax(payload: Buffer): PaxHeader {
  const pax = emptyPax();
  for (const [key, value] of paxRecords(payload)) take(pax, key, value);
  return pax;
}

/** Reads the payload of a 'g' header into the defaults for all entries that follow. */
export function readGlobalPax(payload: Buffer, defaults: PaxHeader): void {
  for (const [key, value] of paxRecords(payload)) {
    if (key === 'path' || key === 'linkpath' || key === 'size' || key.startsWith('GNU.sparse.')) {
      // Every following entry would have the same name or length: no program writes it, some readers would obey.
      throw damaged(`"${key}" is given for all entries at once`);
    }
    if (key === 'uid' || key === 'gid' || key === 'mtime') take(defaults, key, value);
  }
}
