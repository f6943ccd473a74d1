/** Messages of the DNS, as tests send and read them: RFC 1035. A parser of its own, and one that believes nothing of what it reads. */

export const types = {
  A: 1,
  NS: 2,
  SOA: 6,
  PTR: 12,
  MX: 15,
  AAAA: 28,
  OPT: 41,
  HTTPS: 65,
  AXFR: 252,
  ANY: 255,
} as const;
export type TypeName = keyof typeof types;

export interface QueryOptions {
  readonly id?: number;
  /** The second word of the header; recursion is wanted where nothing else is said. */
  readonly flags?: number;
  readonly class?: number;
  /** How much who asks can take by UDP; not said: no EDNS. */
  readonly edns?: number;
  readonly ednsVersion?: number;
}

export const wireName = (name: string): Buffer =>
  Buffer.concat([
    ...name
      .split('.')
      .filter((label) => label !== '')
      .map((label) => Buffer.concat([Buffer.of(label.length), Buffer.from(label, 'latin1')])),
    Buffer.of(0),
  ]);

export const u16 = (...values: readonly number[]): Buffer =>
  Buffer.from(values.flatMap((value) => [value >> 8, value & 0xff]));

export const question = (name: string, type: number, inClass = 1): Buffer =>
  Buffer.concat([wireName(name), u16(type, inClass)]);

export const opt = (size: number, version = 0): Buffer =>
  Buffer.concat([Buffer.of(0), u16(types.OPT, size), Buffer.of(0, version), u16(0, 0)]);

export const header = (id: number, flags: number, counts: readonly [number, number, number, number]): Buffer =>
  u16(id, flags, ...counts);

export function query(name: string, type: TypeName, options: QueryOptions = {}): Buffer {
  const { id = 0x1234, flags = 0x0100, edns, ednsVersion = 0 } = options;
  const end = edns === undefined ? Buffer.alloc(0) : opt(edns, ednsVersion);
  return Buffer.concat([
    header(id, flags, [1, 0, 0, edns === undefined ? 0 : 1]),
    question(name, types[type], options.class),
    end,
  ]);
}

export interface DnsAnswer {
  readonly id: number;
  readonly rcode: number;
  readonly isTruncated: boolean;
  readonly question: string;
  /** `A 10.0.0.2`, `PTR web.front`, in the order of the message. */
  readonly records: readonly string[];
  /** null: without EDNS. */
  readonly edns: { readonly size: number; readonly version: number } | null;
}

/** @throws Error for a message that is not whole, or has bytes left over */
export function parseAnswer(bytes: Buffer): DnsAnswer {
  const [id, flags, questions, answers, authorities, additional] = [0, 2, 4, 6, 8, 10].map((at) =>
    bytes.readUInt16BE(at),
  );
  if (flags === undefined || (flags & 0x8000) === 0) throw new Error('it is no answer');
  if (authorities !== 0 || (questions ?? 0) > 1) throw new Error('sections that nobody asked for');
  let at = 12;
  let asked = '';
  if (questions === 1) {
    const { name, end } = readName(bytes, at);
    asked = `${name} ${typeName(bytes.readUInt16BE(end))}`;
    at = end + 4;
  }
  const records: string[] = [];
  let rcode = flags & 0xf;
  let edns: DnsAnswer['edns'] = null;
  for (let left = (answers ?? 0) + (additional ?? 0); left > 0; left--) {
    const { end } = readName(bytes, at);
    const type = bytes.readUInt16BE(end);
    const data = bytes.subarray(end + 10, end + 10 + bytes.readUInt16BE(end + 8));
    if (data.length !== bytes.readUInt16BE(end + 8)) throw new Error('a record is cut short');
    at = end + 10 + data.length;
    if (type === types.OPT) {
      edns = { size: bytes.readUInt16BE(end + 2), version: bytes.readUInt8(end + 5) };
      rcode |= bytes.readUInt8(end + 4) << 4;
    } else records.push(`${typeName(type)} ${dataText(bytes, end + 10, type, data)}`);
  }
  if (at !== bytes.length) throw new Error('bytes are left over');
  return { id: id ?? 0, rcode, isTruncated: (flags & 0x0200) !== 0, question: asked, records, edns };
}

const typeName = (type: number): string =>
  Object.entries(types).find(([, number]) => number === type)?.[0] ?? String(type);

function dataText(bytes: Buffer, at: number, type: number, data: Buffer): string {
  if (type === types.A) return data.join('.');
  if (type === types.AAAA) return (data.toString('hex').match(/..../g) ?? []).join(':');
  return type === types.PTR ? readName(bytes, at).name : data.toString('hex');
}

function readName(bytes: Buffer, from: number): { readonly name: string; readonly end: number } {
  const labels: string[] = [];
  let end = -1;
  let at = from;
  for (let jumps = 0; ; ) {
    const length = bytes.readUInt8(at);
    if (length >= 0xc0) {
      if (end < 0) end = at + 2;
      at = bytes.readUInt16BE(at) & 0x3fff;
      if (jumps++ > 10) throw new Error('a name without an end');
    } else if (length === 0) {
      return { name: labels.join('.'), end: end < 0 ? at + 1 : end };
    } else {
      if (at + 1 + length > bytes.length) throw new Error('a label is cut short');
      labels.push(bytes.toString('latin1', at + 1, at + 1 + length));
      at += 1 + length;
    }
  }
}
