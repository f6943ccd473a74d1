/** A network as the kernel has it while containers are connected: the bridge with its addresses, and its rows in the table of rules. */
import { errnoName } from '../errors/errno.ts';
import { errnoText } from '../errors/errno-text.ts';
import { TsrunError } from '../errors/tsrun-error.ts';
import { bitsOf, ipBytes, parseIp } from '../plan/ip-address.ts';
import { bridgeMac } from './endpoint.ts';
import { portBytes, protocolNumber, sets, tableMessages } from './firewall.ts';
import { dataOf, type NetlinkFailure, readU32 } from './netlink/answer.ts';
import { deleteLink, linkByName, newAddress, newBridge } from './netlink/bridge.ts';
import type { NetlinkMessage } from './netlink/message.ts';
import {
  addElements,
  batch,
  concatenate,
  deleteElements,
  deleteTable,
  getTable,
  interfaceName,
  type NftElement,
  type NftTable,
} from './netlink/nftables.ts';
import { askKernel, tryNetlink } from './netlink/send.ts';
import type { Space } from './netlink/space.ts';
import type { BridgedNetwork } from './network-record.ts';
import { isForwarded, type PublishedPort } from './published-port.ts';
import { writeSetting } from './setting.ts';
import { lastOf } from './subnet.ts';

const errno = { ENOENT: 2, EEXIST: 17, ENODEV: 19 } as const;

/** Makes what is missing. Idempotent, also while others do the same. */
export function raiseBridge(space: Space, { bridge, mtu, subnets }: BridgedNetwork): void {
  const mac = bridgeMac({ subnets });
  must(tryNetlink('route', [newBridge(bridge, mtu, mac)], space), `cannot make the bridge "${bridge}"`, errno.EEXIST);
  const index = indexOf(bridge, space);
  for (const { subnet, gateway } of subnets) {
    const failure = tryNetlink('route', [newAddress(index, { address: gateway, prefix: subnet.prefix })], space);
    must(failure, `cannot give the bridge "${bridge}" its address`, errno.EEXIST);
  }
  // An anchor's leads nowhere else, and has no ports.
  if (space.type !== 'own') return;
  // For ports that are published at 127.0.0.1: answers of the container come back through the bridge. The rule "loopback" of the
  // table keeps everything else away from it, and is there before.
  setOption(bridge, 'route_localnet');
  // What containers send goes on from here; where to, the rules say.
  setOption(bridge, 'forwarding');
}

/** 0: there is no such interface. */
export function indexOf(name: string, space: Space): number {
  const [link] = dataOf(askKernel('route', [linkByName(name)], space));
  // struct ifinfomsg: its third word.
  return link === undefined ? 0 : readU32(link.payload, 4);
}

function setOption(bridge: string, option: 'route_localnet' | 'forwarding'): void {
  const file = `/proc/sys/net/ipv4/conf/${bridge}/${option}`;
  try {
    writeSetting(file, '1');
  } catch (error) {
    const number = Math.abs((error as NodeJS.ErrnoException).errno ?? 0);
    throw refused({ index: 0, errno: number, text: file }, `cannot set up the bridge "${bridge}"`);
  }
}

/** Idempotent. */
export function lowerBridge(space: Space, { bridge }: BridgedNetwork): void {
  must(tryNetlink('route', [deleteLink(bridge)], space), `cannot remove the bridge "${bridge}"`, errno.ENODEV);
}

export const element = (key: Uint8Array, data: Uint8Array | null = null): NftElement => ({ key, data, isEnd: false });

export type Rows = readonly (readonly [set: string, elements: readonly NftElement[]])[];

function rowsOf({ bridge, reach, subnets }: BridgedNetwork): Rows {
  const name = interfaceName(bridge);
  return [
    [sets.bridges, [element(name)]],
    [sets.sameBridge, [element(concatenate(name, name))]],
    ...(reach === 'internal' ? ([[sets.internal, [element(name)]]] as const) : []),
    ...subnets.map(({ subnet }) => {
      const { family, value } = lastOf(subnet);
      const next = value + 1n;
      // Behind the very last address there is none: the interval is open.
      const end =
        next >> BigInt(bitsOf(family)) === 0n
          ? [{ key: ipBytes({ family, value: next }), data: null, isEnd: true }]
          : [];
      return [sets.subnets(family), [element(ipBytes(subnet.base)), ...end]] as const;
    }),
  ];
}

/** The rows of published ports, one for each that rules lead to the container. @param addresses of the container */
export function publishedRows(ports: readonly PublishedPort[], addresses: readonly string[]): Rows {
  const translated = ports.filter((port) => !isForwarded(port));
  return translated.flatMap(({ protocol, hostAddress, hostPort, containerPort }) => {
    const at = hostAddress === null ? null : parseIp(hostAddress);
    return addresses.flatMap((text) => {
      const container = parseIp(text);
      if (container === null || (at !== null && at.family !== container.family)) return [];
      const service = [Uint8Array.of(protocolNumber[protocol]), portBytes(hostPort)];
      const data = concatenate(ipBytes(container), portBytes(containerPort));
      return at === null
        ? [[sets.published(container.family), [element(concatenate(...service), data)]] as const]
        : [[sets.publishedAt(container.family), [element(concatenate(ipBytes(at), ...service), data)]] as const];
    });
  });
}

/** Makes the table if there is none, and adds the rows of a network and of a container's ports: all or nothing. Idempotent. */
export function addRows(space: Space, table: NftTable, network: BridgedNetwork, published: Rows): void {
  const failure = tryRows(space, table, () => tableMessages(table), [...rowsOf(network), ...published]);
  if (failure !== null) throw refused(failure, 'cannot make the rules of the network');
}

/** Makes the table if there is none, and adds the rows. Idempotent. @returns why the kernel has no such table; null: done */
export function tryRows(
  space: Space,
  table: NftTable,
  all: () => readonly NetlinkMessage[],
  rows: Rows,
): NetlinkFailure | null {
  const messages = rows.map(([set, elements]) => addElements(table, set, elements));
  for (;;) {
    // Asked first: a transaction that fails costs about ten milliseconds, in which the kernel waits for all processors.
    const isThere = tryNetlink('netfilter', [getTable(table)], space)?.errno !== errno.ENOENT;
    const failure = tryNetlink('netfilter', batch(isThere ? messages : [...all(), ...messages]), space);
    // Others may have made it, or taken it away, between the two.
    if (failure?.errno !== (isThere ? errno.ENOENT : errno.EEXIST)) return failure;
  }
}

/** What is not there any more is passed over. */
export function removeRows(space: Space, table: NftTable, rows: Rows): void {
  let messages = rows.map(([set, elements]) => deleteElements(table, set, elements));
  while (messages.length > 0) {
    const failure = tryNetlink('netfilter', batch(messages), space);
    if (failure === null) return;
    if (failure.errno !== errno.ENOENT) throw refused(failure, 'cannot remove from the rules of the network');
    messages = messages.filter((_, index) => index !== failure.index - 1);
  }
}

/** Idempotent. */
export function removeNetworkRows(space: Space, table: NftTable, network: BridgedNetwork): void {
  removeRows(space, table, rowsOf(network));
}

/** From now on an interface that forwards does so for containers alone. */
export function addGuard(space: Space, table: NftTable, name: string): void {
  const failure = tryNetlink(
    'netfilter',
    batch([addElements(table, sets.opened, [element(interfaceName(name))])]),
    space,
  );
  if (failure !== null) throw refused(failure, 'cannot add to the rules of the network');
}

export const removeGuard = (space: Space, table: NftTable, name: string): void =>
  removeRows(space, table, [[sets.opened, [element(interfaceName(name))]]]);

/** With everything in it. Idempotent. */
export function removeTable(space: Space, table: NftTable): void {
  must(
    tryNetlink('netfilter', batch([deleteTable(table)]), space),
    'cannot remove the rules of the network',
    errno.ENOENT,
  );
}

/** @throws TsrunError HOST_UNSUPPORTED, but for the errno that is fine */
export function must(failure: NetlinkFailure | null, what: string, fine: number | null): void {
  if (failure !== null && failure.errno !== fine) throw refused(failure, what);
}

const eperm = 1;

function refused({ errno: number, text }: NetlinkFailure, what: string): TsrunError {
  const words = text === null ? '' : `: ${text}`;
  return new TsrunError('HOST_UNSUPPORTED', what, {
    why: `the kernel says ${errnoName(number)} (${errnoText(number)})${words}`,
    hint:
      number === eperm
        ? 'networks of the host are root’s to change: use --network none or host'
        : 'tsrun doctor says what this kernel has; or use --network none or host',
  });
}
