/**
 * Netlink messages: netlink(7), linux/netlink.h. A header of 16 bytes (length, type, flags, sequence number, port), a fixed body, and
 * attributes: u16 length, u16 type, payload, filled up to four bytes. Numbers have this machine's byte order.
 */
import { endianness } from 'node:os';

export const nlmRequest = 0x1;
export const nlmAck = 0x4;
export const nlmExclusive = 0x200;
export const nlmCreate = 0x400;
const nested = 0x8000;

export interface NetlinkMessage {
  readonly type: number;
  /** Without NLM_F_REQUEST. */
  readonly flags: number;
  readonly body: Uint8Array;
  readonly attributes: readonly Attribute[];
}

/** An attribute: bytes, a text that ends with NUL, or attributes inside of it. */
export type Attribute = readonly [type: number, value: Uint8Array | string | readonly Attribute[]];

const isLittle = endianness() === 'LE';

/** In this machine's byte order. */
export function u16(value: number): Uint8Array {
  const bytes = Buffer.alloc(2);
  isLittle ? bytes.writeUInt16LE(value) : bytes.writeUInt16BE(value);
  return bytes;
}

/** In this machine's byte order. */
export function u32(value: number): Uint8Array {
  const bytes = Buffer.alloc(4);
  isLittle ? bytes.writeUInt32LE(value >>> 0) : bytes.writeUInt32BE(value >>> 0);
  return bytes;
}

/** In a network's byte order, as nf_tables wants numbers. */
export function be16(value: number): Uint8Array {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}

/** In a network's byte order. */
export function be32(value: number): Uint8Array {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value | 0);
  return bytes;
}

const padding = (size: number): Uint8Array => new Uint8Array((4 - (size % 4)) % 4);

function encodeAttribute([type, value]: Attribute): Uint8Array {
  const isNested = Array.isArray(value);
  const payload =
    typeof value === 'string'
      ? Buffer.from(`${value}\0`)
      : value instanceof Uint8Array
        ? value
        : Buffer.concat(value.map(encodeAttribute));
  const size = 4 + payload.length;
  return Buffer.concat([u16(size), u16(isNested ? type | nested : type), payload, padding(size)]);
}

/** For an attribute whose value is a body with attributes behind it. */
export const encodeAttributes = (attributes: readonly Attribute[]): Uint8Array =>
  Buffer.concat(attributes.map(encodeAttribute));

/** One behind the other, numbered from 1: answers say which one they are for. */
export function encodeMessages(messages: readonly NetlinkMessage[]): Uint8Array {
  return Buffer.concat(
    messages.map(({ type, flags, body, attributes }, index) => {
      const rest = Buffer.concat([body, padding(body.length), encodeAttributes(attributes)]);
      return Buffer.concat([u32(16 + rest.length), u16(type), u16(flags | nlmRequest), u32(index + 1), u32(0), rest]);
    }),
  );
}
