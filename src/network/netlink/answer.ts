/** What the kernel answers: errors and acknowledgements (NLMSG_ERROR), and the messages that were asked for. */
import { endianness } from 'node:os';

const nlmsgError = 2;
const nlmsgDone = 3;
const flagCapped = 0x100;
const flagExtended = 0x200;
const attributeMessage = 1;
const isLittle = endianness() === 'LE';

export interface NetlinkFailure {
  /** Of the message, counted from 0. */
  readonly index: number;
  /** Positive. */
  readonly errno: number;
  /** The kernel's own words, where it has any. */
  readonly text: string | null;
}

/** The first message that failed; null: all was done. */
export function firstFailure(answers: Uint8Array): NetlinkFailure | null {
  for (const { type, flags, sequence, payload } of split(answers)) {
    if (type !== nlmsgError) continue;
    const error = isLittle ? payload.readInt32LE(0) : payload.readInt32BE(0);
    if (error !== 0) return { index: sequence - 1, errno: -error, text: wordsOf(flags, payload) };
  }
  return null;
}

/** The messages that were asked for. */
export const dataOf = (answers: Uint8Array): readonly { readonly type: number; readonly payload: Buffer }[] =>
  split(answers).filter(({ type }) => type !== nlmsgError && type !== nlmsgDone);

interface Answer {
  readonly type: number;
  readonly flags: number;
  readonly sequence: number;
  readonly payload: Buffer;
}

function split(answers: Uint8Array): readonly Answer[] {
  const bytes = Buffer.from(answers.buffer, answers.byteOffset, answers.byteLength);
  const found: Answer[] = [];
  for (let at = 0; at + 16 <= bytes.length; ) {
    const size = readU32(bytes, at);
    if (size < 16 || at + size > bytes.length) break;
    found.push({
      type: readU16(bytes, at + 4),
      flags: readU16(bytes, at + 6),
      sequence: readU32(bytes, at + 8),
      payload: bytes.subarray(at + 16, at + size),
    });
    at += (size + 3) & ~3;
  }
  return found;
}

/** Behind the errno stands the header of what was asked, then attributes: NETLINK_EXT_ACK. */
function wordsOf(flags: number, payload: Buffer): string | null {
  if ((flags & flagExtended) === 0) return null;
  const asked = (flags & flagCapped) !== 0 ? 16 : readU32(payload, 4);
  for (const [type, value] of attributesOf(payload.subarray(4 + ((asked + 3) & ~3)))) {
    if (type === attributeMessage) return value.toString('utf8').replace(/\0.*$/s, '');
  }
  return null;
}

/** Each with its payload; types without the flag for nesting. */
export function attributesOf(bytes: Buffer): readonly (readonly [type: number, value: Buffer])[] {
  const found: (readonly [number, Buffer])[] = [];
  for (let at = 0; at + 4 <= bytes.length; ) {
    const size = readU16(bytes, at);
    if (size < 4 || at + size > bytes.length) break;
    found.push([readU16(bytes, at + 2) & 0x3fff, bytes.subarray(at + 4, at + size)]);
    at += (size + 3) & ~3;
  }
  return found;
}

export const readU16 = (bytes: Buffer, at: number): number =>
  isLittle ? bytes.readUInt16LE(at) : bytes.readUInt16BE(at);
export const readU32 = (bytes: Buffer, at: number): number =>
  isLittle ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at);
