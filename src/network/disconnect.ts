/** Takes away what connects a container with its networks: backwards, so that while a lease is there its address is nobody else's. */
import { rmSync } from 'node:fs';
import type { Paths } from '../host/paths.ts';
import { formatIp, type IpAddress, parseIp } from '../plan/ip-address.ts';
import type { Endpoint } from './endpoint.ts';
import { type Holder, readEndpoints } from './endpoint-file.ts';
import { closeForwarding } from './forwarding.ts';
import { lowerBridge, publishedRows, removeNetworkRows, removeRows } from './kernel-network.ts';
import { forgetLease, forgetLeases, type Lease, leasedNetworks, leasesOf, listLeases } from './lease.ts';
import type { Space } from './netlink/space.ts';
import { isBridged, type Network, type NetworkName } from './network-record.ts';
import { readNetwork } from './network-store.ts';
import { lockNetworks } from './networks-lock.ts';
import { forgetPort, portHolder } from './port-claim.ts';
import { endResolver } from './resolver.ts';
import { releasePort, removeTables } from './senders.ts';
import { tableFor } from './table-name.ts';
import { lowerTunnel } from './tunnel.ts';

/** Whether a container of this id lives, or a command is about to start it. */
export type IsAlive = (id: string) => boolean;

export const leaseOf = (
  holder: string,
  { hostName, mac, published }: Endpoint,
  addresses: readonly IpAddress[],
): Lease => ({
  holder,
  addresses,
  published,
  port: hostName === '' ? null : { hostName, mac },
});

/** Gives everything back that the container has. Idempotent. */
export async function disconnect(paths: Paths, holder: Holder, ground: Space): Promise<void> {
  const names = readEndpoints(holder).map(({ network }) => network);
  if (await disconnectLast(paths, holder, ground)) return;
  {
    using _lock = await lockNetworks(paths, 'shared');
    release(paths, holder, ground);
  }
  await lowerUnused(paths, names, ground);
}

/**
 * When nobody else is connected with anything: row by row the kernel would wait each time until no processor reads the old ones, some
 * milliseconds; so all goes at once. The leases are there until it has gone.
 *
 * @returns whether that was so
 */
async function disconnectLast(paths: Paths, holder: Holder, ground: Space): Promise<boolean> {
  if (!isLast(paths, holder)) return false;
  using _lock = await lockNetworks(paths, 'exclusive');
  if (!isLast(paths, holder)) return false;
  const raised = leasedNetworks(paths);
  // Rules first, of which the kernel frees the memory while it takes the bridges away.
  if (raised.some((name) => hasRules(paths, name))) {
    closeForwarding(paths);
    removeTables(ground, tableFor(paths));
  }
  for (const name of raised) lowerLinks(readNetwork(paths, name), ground);
  for (const name of raised) {
    for (const lease of leasesOf(paths, name)) {
      for (const port of lease.published) if (portHolder(paths, port) === lease.holder) forgetPort(paths, port);
      forgetLease(paths, name, lease);
    }
    endResolver(paths, name);
    forgetLeases(paths, name);
  }
  rmSync(holder.file, { force: true });
  return true;
}

function isLast(paths: Paths, holder: Holder): boolean {
  const own = readEndpoints(holder).flatMap(({ addresses }) => addresses).length;
  const raised = leasedNetworks(paths);
  // At a glance, as for most: there are more than its own.
  const all = raised.reduce((sum, name) => sum + listLeases(paths, name).length, 0);
  if (all === 0 || all > own) return false;
  return raised.every((name) => leasesOf(paths, name).every((lease) => lease.holder === holder.id));
}

/** All that it has, under the caller's lock. */
export function release(paths: Paths, holder: Holder, ground: Space): void {
  for (const endpoint of readEndpoints(holder)) releaseEndpoint(paths, holder, endpoint, ground);
  rmSync(holder.file, { force: true });
}

export function releaseEndpoint(paths: Paths, holder: Holder, endpoint: Endpoint, ground: Space): void {
  const { network } = endpoint;
  const parsed = endpoint.addresses.flatMap((address) => parseIp(address) ?? []);
  const [first] = parsed;
  const isOurs =
    first !== undefined &&
    leasesOf(paths, network).some(
      (lease) => lease.holder === holder.id && lease.addresses.some(({ value }) => value === first.value),
    );
  // Never taken, or somebody else's by now.
  if (isOurs) giveBack(paths, network, leaseOf(holder.id, endpoint, parsed), ground);
}

function giveBack(paths: Paths, network: NetworkName, lease: Lease, ground: Space): void {
  const ours = lease.published.filter((port) => portHolder(paths, port) === lease.holder);
  removeRows(ground, tableFor(paths), publishedRows(ours, lease.addresses.map(formatIp)));
  if (lease.port !== null) releasePort(ground, tableFor(paths), lease.port, lease.addresses.map(formatIp));
  for (const port of ours) forgetPort(paths, port);
  forgetLease(paths, network, lease);
}

export function releaseAllDead(paths: Paths, isAlive: IsAlive, ground: Space): void {
  for (const name of leasedNetworks(paths)) {
    const network = readNetwork(paths, name);
    if (network !== null) releaseDead(paths, network, isAlive, ground);
  }
}

/** What containers have left that were killed with their command and removed by hand, or are about to be swept. */
export function releaseDead(paths: Paths, { name }: Network, isAlive: IsAlive, ground: Space): void {
  for (const lease of leasesOf(paths, name)) if (!isAlive(lease.holder)) giveBack(paths, name, lease, ground);
}

/**
 * Takes away bridges that nobody is connected with any more, and with the last of them the rules. The directory of a network's leases
 * goes last: whoever dies before has left a mark for the next one.
 */
export async function lowerUnused(paths: Paths, names: readonly NetworkName[], ground: Space): Promise<void> {
  const raised = (): readonly NetworkName[] => leasedNetworks(paths);
  if (!names.some((name) => raised().includes(name))) return;
  using _lock = await lockNetworks(paths, 'exclusive');
  const table = tableFor(paths);
  for (const name of names) {
    if (!raised().includes(name) || listLeases(paths, name).length > 0) continue;
    const network = readNetwork(paths, name);
    if (network !== null && isBridged(network)) {
      removeNetworkRows(ground, table, network);
      lowerLinks(network, ground);
    }
    const withRules = raised().filter((each) => hasRules(paths, each));
    if (withRules.length === 1 && withRules[0] === name) {
      closeForwarding(paths);
      removeTables(ground, table);
    }
    endResolver(paths, name);
    forgetLeases(paths, name);
  }
}

/** null: one that cannot be read any more. */
function lowerLinks(network: Network | null, ground: Space): void {
  if (network === null || !isBridged(network)) return;
  if (ground.type === 'own') lowerTunnel(network);
  lowerBridge(ground, network);
}

/** One that cannot be read any more may have had them. */
function hasRules(paths: Paths, name: NetworkName): boolean {
  const network = readNetwork(paths, name);
  return network === null || isBridged(network);
}

/** Names of networks that a command was killed over: they have a mark yet, and nobody with an address. */
export const emptyNetworks = (paths: Paths): readonly NetworkName[] =>
  leasedNetworks(paths).filter((name) => listLeases(paths, name).length === 0);

/** Where nothing was made, there is nothing to take away but the marks. */
export async function forgetUnused(paths: Paths, names: readonly NetworkName[]): Promise<void> {
  using _lock = await lockNetworks(paths, 'exclusive');
  for (const name of names) {
    if (leasedNetworks(paths).includes(name) && listLeases(paths, name).length === 0) forgetLeases(paths, name);
  }
}
