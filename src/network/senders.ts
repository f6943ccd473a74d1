/**
 * What a container may say that it is: its own address on the wire and its own IP addresses, at its own port of the bridge. A second
 * table, of the family `bridge`, which sees each frame as it comes in.
 */
import { errnoName } from '../errors/errno.ts';
import { ipBytes, parseIp } from '../plan/ip-address.ts';
import { element, type Rows, removeRows, removeTable, tryRows } from './kernel-network.ts';
import { be16, type NetlinkMessage } from './netlink/message.ts';
import { compare, inSet, meta, payload, verdict } from './netlink/nft-expressions.ts';
import {
  batch,
  concatenate,
  deleteTable,
  interfaceName,
  type NftExpression,
  type NftSet,
  type NftTable,
  newChain,
  newRule,
  newSet,
  newTable,
} from './netlink/nftables.ts';
import { tryNetlink } from './netlink/send.ts';
import type { Space } from './netlink/space.ts';

/** Of the same name as the other. */
const senderTable = ({ name }: NftTable): NftTable => ({ family: 'bridge', name });

export const senderSets: readonly NftSet[] = [
  { name: 'ports', key: ['ifname'], data: [], elements: 'single' },
  { name: 'own', key: ['ifname', 'ether_addr'], data: [], elements: 'single' },
  { name: 'own4', key: ['ifname', 'ipv4_addr'], data: [], elements: 'single' },
  { name: 'own6', key: ['ifname', 'ipv6_addr'], data: [], elements: 'single' },
];

/** Behind the interface's name, four words. */
const behind = 4;
const drop = verdict('drop');
const accept = verdict('accept');
const is = (number: number): readonly NftExpression[] => [meta('protocol'), compare('eq', be16(number))];
const [ipv4, arp, ipv6] = [is(0x0800), is(0x0806), is(0x86dd)];
const mine = (set: string, what: NftExpression): readonly NftExpression[] => [
  meta('iifname'),
  what,
  inSet(set, 'not-in'),
];
const icmp6 = (type: number): readonly NftExpression[] => [
  meta('l4proto'),
  compare('eq', Uint8Array.of(58)),
  payload('transport', 0, 1),
  compare('eq', Uint8Array.of(type)),
];

const rules: readonly (readonly NftExpression[])[] = [
  [meta('iifname'), inSet('ports', 'not-in'), accept],
  [...mine('own', payload('link', 6, 6, behind)), drop],
  [...ipv4, ...mine('own4', payload('network', 12, 4, behind)), drop],
  [...ipv4, accept],
  // Who asks or answers for an address: the sender's two, RFC 826.
  [...arp, ...mine('own', payload('network', 8, 6, behind)), drop],
  [...arp, ...mine('own4', payload('network', 14, 4, behind)), drop],
  [...arp, accept],
  // Router advertisements, and advertisements of an address that is another's.
  [...ipv6, ...icmp6(134), drop],
  [
    ...ipv6,
    ...icmp6(136),
    payload('transport', 8, 1),
    compare('neq', Uint8Array.of(0xfe)),
    ...mine('own6', payload('transport', 8, 16, behind)),
    drop,
  ],
  // fe80::/10 is every interface's own; :: asks whether an address is free.
  [...ipv6, payload('network', 8, 1), compare('eq', Uint8Array.of(0xfe)), accept],
  [...ipv6, payload('network', 8, 16), compare('eq', new Uint8Array(16)), accept],
  [...ipv6, ...mine('own6', payload('network', 8, 16, behind)), drop],
  [...ipv6, accept],
  // Neither VLANs nor anything else.
  [drop],
];

const messages = (table: NftTable): readonly NetlinkMessage[] => [
  newTable(table),
  ...senderSets.map((set, index) => newSet(table, set, index + 1)),
  newChain(table, { name: 'senders', type: 'filter', hook: 'prerouting', priority: -300 }),
  ...rules.map((rule) => newRule(table, 'senders', rule)),
];

export interface Port {
  readonly hostName: string;
  readonly mac: string;
}

/**
 * From now on this port lets in what its container sends as itself. Where the kernel has no such tables it stays open.
 *
 * @returns why it does, for the person to read; null: it does not
 */
export function bindPort(space: Space, table: NftTable, port: Port, addresses: readonly string[]): string | null {
  const own = senderTable(table);
  const failure = tryRows(space, own, () => messages(own), rowsOf(port, addresses));
  return failure === null ? null : openPortNotice(failure.errno);
}

/** The same for each container: it is said once. */
export const openPortNotice = (errno: number): string =>
  `containers of one network can send with each other's addresses: the kernel refuses rules for bridges (${errnoName(errno)}): CONFIG_NF_TABLES_BRIDGE is off, or nf_tables does not load`;

/** Idempotent. */
export function releasePort(space: Space, table: NftTable, port: Port, addresses: readonly string[]): void {
  try {
    removeRows(space, senderTable(table), rowsOf(port, addresses));
  } catch {
    // A kernel that has no such tables, or has refused to make one. Rows of an interface that is gone say nothing of any other.
  }
}

/** Both tables, in one transaction where both are there: each makes the kernel wait some milliseconds. Idempotent. */
export function removeTables(space: Space, table: NftTable): void {
  const senders = senderTable(table);
  if (tryNetlink('netfilter', batch([deleteTable(table), deleteTable(senders)]), space) === null) return;
  removeTable(space, table);
  try {
    removeTable(space, senders);
  } catch {
    // As above.
  }
}

function rowsOf({ hostName, mac }: Port, addresses: readonly string[]): Rows {
  const name = interfaceName(hostName);
  const parsed = addresses.flatMap((address) => parseIp(address) ?? []);
  return [
    ['ports', [element(name)]],
    ['own', [element(concatenate(name, Buffer.from(mac.replaceAll(':', ''), 'hex')))]],
    ...parsed.map((address) => [`own${address.family}`, [element(concatenate(name, ipBytes(address)))]] as const),
  ];
}
