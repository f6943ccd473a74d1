/**
 * nf_tables by netlink: linux/netfilter/nf_tables.h. A batch is one transaction: the kernel does all of it, or nothing.
 * nft(8) lists what comes of it; test/network compares.
 */
import { type Attribute, be32, type NetlinkMessage, nlmAck, nlmCreate, nlmExclusive, u32 } from './message.ts';

const subsystem = 10;
const batchBegin = 0x10;
const batchEnd = 0x11;

export type NftFamily = 'inet' | 'bridge';
const familyNumber: Readonly<Record<NftFamily, number>> = { inet: 1, bridge: 7 };

export interface NftTable {
  readonly family: NftFamily;
  readonly name: string;
}

/** An expression of a rule: its name, and its attributes. */
export interface NftExpression {
  readonly name: string;
  readonly attributes: readonly Attribute[];
}

const hooks = { prerouting: 0, input: 1, forward: 2, output: 3, postrouting: 4 } as const;

export interface NftChain {
  readonly name: string;
  readonly type: 'filter' | 'nat';
  readonly hook: keyof typeof hooks;
  readonly priority: number;
}

/** A set's type is what nft(8) shows of it; the kernel knows lengths alone. Each part of a key fills whole words of four bytes. */
const types = {
  ipv4_addr: { number: 7, size: 4 },
  ipv6_addr: { number: 8, size: 16 },
  ether_addr: { number: 9, size: 6 },
  inet_proto: { number: 12, size: 1 },
  inet_service: { number: 13, size: 2 },
  ifname: { number: 41, size: 16 },
} as const;
export type NftType = keyof typeof types;

export interface NftSet {
  readonly name: string;
  readonly key: readonly NftType[];
  /** Of a map; empty: a set. */
  readonly data: readonly NftType[];
  readonly elements: 'single' | 'interval';
}

const message = (
  kind: number,
  { family }: Pick<NftTable, 'family'>,
  flags: number,
  attributes: readonly Attribute[],
): NetlinkMessage => ({
  type: (subsystem << 8) | kind,
  flags: flags | nlmAck,
  body: Uint8Array.of(familyNumber[family], 0, 0, 0),
  attributes,
});

/** EEXIST: there is one of that name. */
export const newTable = (table: NftTable): NetlinkMessage =>
  message(0, table, nlmCreate | nlmExclusive, [[1, table.name]]);

/** Outside of a batch. ENOENT: there is none. */
export const getTable = (table: NftTable): NetlinkMessage => message(1, table, 0, [[1, table.name]]);

/** ENOENT: there is none. */
export const deleteTable = (table: NftTable): NetlinkMessage => message(2, table, 0, [[1, table.name]]);

export const newChain = (table: NftTable, { name, type, hook, priority }: NftChain): NetlinkMessage =>
  message(3, table, nlmCreate, [
    [1, table.name],
    [3, name],
    [
      4,
      [
        [1, be32(hooks[hook])],
        [2, be32(priority)],
      ],
    ],
    [5, be32(1)],
    [7, type],
  ]);

/** Every chain of every table: a dump. */
export const listChains: NetlinkMessage = {
  type: (subsystem << 8) | 4,
  // NLM_F_DUMP
  flags: 0x300,
  body: new Uint8Array(4),
  attributes: [],
};

export const newRule = (table: NftTable, chain: string, expressions: readonly NftExpression[]): NetlinkMessage =>
  // NLM_F_APPEND
  message(6, table, nlmCreate | 0x800, [
    [1, table.name],
    [2, chain],
    [
      4,
      expressions.map(({ name, attributes }) => [
        1,
        [
          [1, name],
          [2, attributes],
        ],
      ]),
    ],
  ]);

const setFlags = { interval: 0x4, map: 0x8, concatenation: 0x80 } as const;

const roundedSize = (parts: readonly NftType[]): number =>
  parts.length === 1
    ? types[parts[0] ?? 'ipv4_addr'].size
    : parts.reduce((size, part) => size + Math.ceil(types[part].size / 4) * 4, 0);

const typeNumber = (parts: readonly NftType[]): number =>
  parts.reduce((number, part) => (number << 6) | types[part].number, 0);

/** For nft(8) alone, which would read names of interfaces backwards: NFTNL_UDATA_SET_KEYBYTEORDER, four bytes, BYTEORDER_HOST_ENDIAN. */
const hostOrder = Buffer.concat([Uint8Array.of(0, 4), u32(1)]);

/** @param id of the set in this batch */
export function newSet(table: NftTable, { name, key, data, elements }: NftSet, id: number): NetlinkMessage {
  const flags = (elements === 'interval' ? setFlags.interval : 0) | (data.length > 0 ? setFlags.map : 0);
  return message(9, table, nlmCreate, [
    [1, table.name],
    [2, name],
    [3, be32(flags)],
    [4, be32(typeNumber(key))],
    [5, be32(roundedSize(key))],
    ...(data.length === 0
      ? []
      : ([
          [6, be32(typeNumber(data))],
          [7, be32(roundedSize(data))],
        ] as const)),
    [10, be32(id)],
    ...(key.length === 1 && key[0] === 'ifname' ? ([[13, hostOrder]] as const) : []),
  ]);
}

/** An element of a set or, with data, of a map. */
export interface NftElement {
  readonly key: Uint8Array;
  readonly data: Uint8Array | null;
  /** Of an interval: the first that does not belong to it any more. */
  readonly isEnd: boolean;
}

const elementAttributes = (table: NftTable, set: string, elements: readonly NftElement[]): readonly Attribute[] => [
  [1, table.name],
  [2, set],
  [
    3,
    elements.map(({ key, data, isEnd }) => [
      1,
      [
        [1, [[1, key]]],
        ...(data === null ? [] : ([[2, [[1, data]]]] as const)),
        ...(isEnd ? ([[3, be32(1)]] as const) : []),
      ],
    ]),
  ],
];

/** One that is there with the same data is fine. */
export const addElements = (table: NftTable, set: string, elements: readonly NftElement[]): NetlinkMessage =>
  message(12, table, nlmCreate, elementAttributes(table, set, elements));

/** ENOENT: one is not there. */
export const deleteElements = (table: NftTable, set: string, elements: readonly NftElement[]): NetlinkMessage =>
  message(14, table, 0, elementAttributes(table, set, elements));

/** One transaction. Failures count the messages from 0, the one that begins the batch first. */
export function batch(messages: readonly NetlinkMessage[]): readonly NetlinkMessage[] {
  const body = Uint8Array.of(0, 0, 0, subsystem);
  return [
    { type: batchBegin, flags: 0, body, attributes: [] },
    ...messages,
    { type: batchEnd, flags: 0, body, attributes: [] },
  ];
}

/** The parts of a key or of data, each filled up to whole words. */
export function concatenate(...parts: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(parts.flatMap((part) => [part, new Uint8Array((4 - (part.length % 4)) % 4)]));
}

/** An interface's name as the kernel compares it: filled up to 16 bytes. */
export function interfaceName(name: string): Uint8Array {
  const bytes = Buffer.alloc(16);
  bytes.write(name);
  return bytes;
}
