/** Expressions of nf_tables rules, named as nft(8) words them. Registers are the words of four bytes from NFT_REG32_00 on. */
import { type Attribute, be32, u32 } from './message.ts';
import type { NftExpression } from './nftables.ts';

const register = (word: number): Uint8Array => be32(8 + word);
const verdictRegister = be32(0);
const value = (bytes: Uint8Array): readonly Attribute[] => [[1, bytes]];

const metaKeys = { iifname: 6, oifname: 7, nfproto: 15, l4proto: 16, protocol: 1 } as const;

/** `meta KEY`. */
export const meta = (key: keyof typeof metaKeys, word = 0): NftExpression => ({
  name: 'meta',
  attributes: [
    [1, register(word)],
    [2, be32(metaKeys[key])],
  ],
});

const bases = { link: 0, network: 1, transport: 2 } as const;

/** Bytes of a header. */
export const payload = (base: keyof typeof bases, offset: number, length: number, word = 0): NftExpression => ({
  name: 'payload',
  attributes: [
    [1, register(word)],
    [2, be32(bases[base])],
    [3, be32(offset)],
    [4, be32(length)],
  ],
});

const ctKeys = { state: 0, status: 2 } as const;

/** `ct KEY`. */
export const ct = (key: keyof typeof ctKeys): NftExpression => ({
  name: 'ct',
  attributes: [
    [1, register(0)],
    [2, be32(ctKeys[key])],
  ],
});

const masked = (mask: Uint8Array): NftExpression => ({
  name: 'bitwise',
  attributes: [
    [1, register(0)],
    [2, register(0)],
    [3, be32(mask.length)],
    [4, value(mask)],
    [5, value(new Uint8Array(mask.length))],
  ],
});

/** Goes on when one of the bits is set. @param mask in this machine's byte order */
export const anyBit = (mask: Uint8Array): readonly NftExpression[] => [
  masked(mask),
  compare('neq', new Uint8Array(mask.length)),
];

/** Goes on when none of the bits is set. */
export const noBit = (mask: Uint8Array): readonly NftExpression[] => [
  masked(mask),
  compare('eq', new Uint8Array(mask.length)),
];

const operators = { eq: 0, neq: 1 } as const;

/** Goes on when the register is (not) these bytes. */
export function compare(operator: keyof typeof operators, bytes: Uint8Array): NftExpression {
  return {
    name: 'cmp',
    attributes: [
      [1, register(0)],
      [2, be32(operators[operator])],
      [3, value(bytes)],
    ],
  };
}

/** Goes on when the key is in the set, or with `not` when it is not. */
export const inSet = (set: string, not: 'in' | 'not-in' = 'in'): NftExpression => ({
  name: 'lookup',
  attributes: [[1, set], [2, register(0)], ...(not === 'not-in' ? ([[5, be32(1)]] as const) : [])],
});

/** Goes on when the key is in the map, whose data are then in the registers. */
export const fromMap = (map: string): NftExpression => ({
  name: 'lookup',
  attributes: [
    [1, map],
    [2, register(0)],
    [3, register(0)],
  ],
});

/** `fib daddr type local`: goes on when the destination is an address of this machine's. */
export const toLocalAddress: readonly NftExpression[] = [
  {
    name: 'fib',
    attributes: [
      [1, register(0)],
      [2, be32(3)],
      [3, be32(2)],
    ],
  },
  // RTN_LOCAL
  compare('eq', u32(2)),
];

const verdicts = { drop: 0, accept: 1 } as const;

export const verdict = (what: keyof typeof verdicts): NftExpression => ({
  name: 'immediate',
  attributes: [
    [1, verdictRegister],
    [2, [[2, [[1, be32(verdicts[what])]]]]],
  ],
});

const protocolFamily = { 4: 2, 6: 10 } as const;

/** `dnat` to the address in the first register and the port in the one behind it. */
export const destinationNat = (family: 4 | 6): NftExpression => ({
  name: 'nat',
  attributes: [
    [1, be32(1)],
    [2, be32(protocolFamily[family])],
    [3, register(0)],
    [5, register(family === 4 ? 1 : 4)],
  ],
});

export const masquerade: NftExpression = { name: 'masq', attributes: [] };
