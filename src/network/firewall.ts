/**
 * The rules between containers and everything else: one table of ours in nf_tables, made with the first container on a bridge and
 * removed with the last. The rules never change; what they look at are sets of bridges and subnets and maps of published ports.
 */
import { bitsOf } from '../plan/ip-address.ts';
import { be16, type NetlinkMessage, u32 } from './netlink/message.ts';
import {
  anyBit,
  compare,
  ct,
  destinationNat,
  fromMap,
  inSet,
  masquerade,
  meta,
  noBit,
  payload,
  toLocalAddress,
  verdict,
} from './netlink/nft-expressions.ts';
import {
  type NftChain,
  type NftExpression,
  type NftSet,
  type NftTable,
  newChain,
  newRule,
  newSet,
  newTable,
} from './netlink/nftables.ts';

type Family = 4 | 6;
const families: readonly Family[] = [4, 6];

/** Names of the sets and maps. */
export const sets = {
  /** Bridges of ours. */
  bridges: 'bridges',
  /** Each of them twice in one key: what stays on a bridge. */
  sameBridge: 'same-bridge',
  /** Those whose containers reach nobody else. */
  internal: 'internal-bridges',
  /** Interfaces of the host that forward because we told them to. */
  opened: 'opened',
  /** Subnets of the bridges. */
  subnets: (family: Family): string => `subnets${family}`,
  /** Address, protocol and port of the host to address and port of a container. */
  publishedAt: (family: Family): string => `published${family}`,
  /** Protocol and port of the host, at any of its addresses. */
  published: (family: Family): string => `published${family}-anywhere`,
} as const;

const addressType = { 4: 'ipv4_addr', 6: 'ipv6_addr' } as const;

const setsOf = (family: Family): readonly NftSet[] => [
  { name: sets.subnets(family), key: [addressType[family]], data: [], elements: 'interval' },
  {
    name: sets.publishedAt(family),
    key: [addressType[family], 'inet_proto', 'inet_service'],
    data: [addressType[family], 'inet_service'],
    elements: 'single',
  },
  {
    name: sets.published(family),
    key: ['inet_proto', 'inet_service'],
    data: [addressType[family], 'inet_service'],
    elements: 'single',
  },
];

export const allSets: readonly NftSet[] = [
  { name: sets.bridges, key: ['ifname'], data: [], elements: 'single' },
  { name: sets.sameBridge, key: ['ifname', 'ifname'], data: [], elements: 'single' },
  { name: sets.internal, key: ['ifname'], data: [], elements: 'single' },
  { name: sets.opened, key: ['ifname'], data: [], elements: 'single' },
  ...families.flatMap(setsOf),
];

/** Priorities as netfilter names them: raw, dstnat, filter, srcnat. */
const chains: readonly NftChain[] = [
  { name: 'loopback', type: 'filter', hook: 'prerouting', priority: -300 },
  { name: 'publish', type: 'nat', hook: 'prerouting', priority: -100 },
  { name: 'publish-here', type: 'nat', hook: 'output', priority: -100 },
  { name: 'forward', type: 'filter', hook: 'forward', priority: 0 },
  // Not `masquerade`: nft(8) could not read its own listing.
  { name: 'way-out', type: 'nat', hook: 'postrouting', priority: 100 },
];

const protocolFamily = { 4: Uint8Array.of(2), 6: Uint8Array.of(10) } as const;
const isFamily = (family: Family): readonly NftExpression[] => [meta('nfproto'), compare('eq', protocolFamily[family])];

const sourceOf = (family: Family, word = 0): NftExpression =>
  payload('network', family === 4 ? 12 : 8, bitsOf(family) / 8, word);
const destinationOf = (family: Family, word = 0): NftExpression =>
  payload('network', family === 4 ? 16 : 24, bitsOf(family) / 8, word);
const destinationPort = (word: number): NftExpression => payload('transport', 2, 2, word);
const fromBridge = [meta('iifname'), inSet(sets.bridges)];
const toBridge = [meta('oifname'), inSet(sets.bridges)];

/** IPS_DST_NAT: it came by a published port. */
const isPublished = [ct('status'), ...anyBit(u32(0x20))];
/** ESTABLISHED and RELATED. */
const isAnswer = [ct('state'), ...anyBit(u32(0x2 | 0x4))];
const isNotPublished = [ct('status'), ...noBit(u32(0x20))];
const isNotAnswer = [ct('state'), ...noBit(u32(0x2 | 0x4))];

function publishRules(family: Family): readonly (readonly NftExpression[])[] {
  const after = bitsOf(family) / 32;
  return [
    [
      ...isFamily(family),
      destinationOf(family),
      meta('l4proto', after),
      destinationPort(after + 1),
      fromMap(sets.publishedAt(family)),
      destinationNat(family),
    ],
    [
      ...isFamily(family),
      ...toLocalAddress,
      meta('l4proto'),
      destinationPort(1),
      fromMap(sets.published(family)),
      destinationNat(family),
    ],
  ];
}

const firstByte = (network: number): readonly NftExpression[] => [compare('eq', Uint8Array.of(network))];

const rules: Readonly<Record<string, readonly (readonly NftExpression[])[]>> = {
  // Bridges have route_localnet, for ports that are published at 127.0.0.1: without this rule a container could reach what
  // listens there alone (CVE-2020-8558).
  loopback: [[...fromBridge, ...isFamily(4), payload('network', 16, 1), ...firstByte(127), verdict('drop')]],
  publish: families.flatMap(publishRules),
  'publish-here': families.flatMap(publishRules),
  forward: [
    // They forward for containers: nobody else gets through them that did not before.
    [
      meta('iifname'),
      inSet(sets.opened),
      meta('oifname'),
      inSet(sets.bridges, 'not-in'),
      ...isNotAnswer,
      ...isNotPublished,
      verdict('drop'),
    ],
    [meta('iifname'), meta('oifname', 4), inSet(sets.sameBridge), verdict('accept')],
    [...fromBridge, ...toBridge, verdict('drop')],
    [meta('iifname'), inSet(sets.internal), verdict('drop')],
    [meta('oifname'), inSet(sets.internal), verdict('drop')],
    [...toBridge, ...isAnswer, verdict('accept')],
    [...toBridge, ...isPublished, verdict('accept')],
    // Whoever knows a container's address and has a route to it comes in by no other way.
    [...toBridge, verdict('drop')],
  ],
  'way-out': [
    // A container cannot answer 127.0.0.1.
    [...toBridge, ...isFamily(4), payload('network', 12, 1), ...firstByte(127), masquerade],
    ...families.flatMap((family) => [
      // To a published port of a neighbour: the answer has to come back this way.
      [...toBridge, ...isPublished, ...isFamily(family), sourceOf(family), inSet(sets.subnets(family)), masquerade],
      [
        ...isFamily(family),
        sourceOf(family),
        inSet(sets.subnets(family)),
        meta('oifname'),
        inSet(sets.bridges, 'not-in'),
        masquerade,
      ],
    ]),
  ],
};

/** All of the table, to be sent as one batch. EEXIST: it is there. */
export const tableMessages = (table: NftTable): readonly NetlinkMessage[] => [
  newTable(table),
  ...allSets.map((set, index) => newSet(table, set, index + 1)),
  ...chains.map((chain) => newChain(table, chain)),
  ...Object.entries(rules).flatMap(([chain, each]) => each.map((expressions) => newRule(table, chain, expressions))),
];

export const protocolNumber = { tcp: 6, udp: 17, sctp: 132 } as const;

export const portBytes = (port: number): Uint8Array => be16(port);
