/** IP addresses as numbers, as text (RFC 5952) and as the kernel's bytes. */

export interface IpAddress {
  readonly family: 4 | 6;
  readonly value: bigint;
}

/** Bits of an address. */
export const bitsOf = (family: 4 | 6): 32 | 128 => (family === 4 ? 32 : 128);

/** null: it is none. Without zones. */
export function parseIp(text: string): IpAddress | null {
  return text.includes(':') ? parse6(text) : parse4(text);
}

function parse4(text: string): IpAddress | null {
  const parts = text.split('.');
  // No leading zeros: some read them as octal.
  if (parts.length !== 4 || !parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256)) return null;
  return { family: 4, value: parts.reduce((value, part) => (value << 8n) | BigInt(part), 0n) };
}

function parse6(text: string): IpAddress | null {
  const halves = text.split('::');
  if (halves.length > 2) return null;
  const [head, tail] = halves.map((half, index) => groupsOf(half, index === halves.length - 1));
  if (head === null || head === undefined || tail === null) return null;
  const missing = 8 - head.length - (tail?.length ?? 0);
  if (tail === undefined ? missing !== 0 : missing < 1) return null;
  const groups = [...head, ...new Array<bigint>(missing).fill(0n), ...(tail ?? [])];
  return { family: 6, value: groups.reduce((value, group) => (value << 16n) | group, 0n) };
}

/** The last two groups of all may be written as an IPv4 address. */
function groupsOf(text: string, isLast: boolean): readonly bigint[] | null {
  if (text === '') return [];
  const groups: bigint[] = [];
  const parts = text.split(':');
  for (const [index, part] of parts.entries()) {
    if (/^[0-9a-fA-F]{1,4}$/.test(part)) {
      groups.push(BigInt(`0x${part}`));
      continue;
    }
    const embedded = isLast && index === parts.length - 1 ? parse4(part) : null;
    if (embedded === null) return null;
    groups.push(embedded.value >> 16n, embedded.value & 0xffffn);
  }
  return groups;
}

/** @example formatIp({ family: 6, value: 1n }) // '::1' */
export function formatIp({ family, value }: IpAddress): string {
  if (family === 4) return [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 0xffn).join('.');
  const groups = Array.from({ length: 8 }, (_, i) => (value >> BigInt(112 - i * 16)) & 0xffffn);
  const { start, length } = longestZeros(groups);
  const words = groups.map((group) => group.toString(16));
  // A single zero group is written out (RFC 5952, 4.2.2).
  if (length < 2) return words.join(':');
  return `${words.slice(0, start).join(':')}::${words.slice(start + length).join(':')}`;
}

function longestZeros(groups: readonly bigint[]): { readonly start: number; readonly length: number } {
  let best = { start: 0, length: 0 };
  for (let start = 0; start < groups.length; start++) {
    let length = 0;
    while (groups[start + length] === 0n) length++;
    if (length > best.length) best = { start, length };
  }
  return best;
}

/** Four or sixteen bytes, as they go over a network. */
export function ipBytes({ family, value }: IpAddress): Uint8Array {
  const size = bitsOf(family) / 8;
  return Uint8Array.from({ length: size }, (_, i) => Number((value >> BigInt((size - 1 - i) * 8)) & 0xffn));
}
