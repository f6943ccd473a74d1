/**
 * Connects a container with networks, and takes that away again.
 *
 * Order: the container's file says which addresses it means to have; the leases are taken, and its ports; the rows of the rules, then
 * the bridge are made; last its virtual interfaces, by a step of its plan. Taking away goes backwards: while a lease is there its address is
 * nobody else's. So whoever dies in between leaves only what the next command finds by the file or by the lease.
 */
import { rmSync } from 'node:fs';
import { TsrunError } from '../errors/tsrun-error.ts';
import type { Paths } from '../host/paths.ts';
import { formatIp, type IpAddress, parseIp } from '../plan/ip-address.ts';
import { chooseAddresses } from './choose-addresses.ts';
import { type Endpoint, type EndpointRequest, endpointFor, type WantedEndpoint } from './endpoint.ts';
import { type Holder, readEndpoints, writeEndpoints } from './endpoint-file.ts';
import { firewallNotice } from './foreign-firewall.ts';
import { closeForwarding, forwarding6Notice, openForwarding } from './forwarding.ts';
import {
  addRows,
  lowerBridge,
  publishedRows,
  raiseBridge,
  removeNetworkRows,
  removeRows,
  removeTable,
} from './kernel-network.ts';
import { forgetLease, forgetLeases, type Lease, leasedNetworks, leasesOf, listLeases, takeLease } from './lease.ts';
import type { Network, NetworkName } from './network-record.ts';
import { readNetwork } from './network-store.ts';
import { lockNetworks } from './networks-lock.ts';
import { claimPort, forgetPort, portHolder } from './port-claim.ts';
import type { PublishRequest } from './publish-request.ts';
import type { PublishedPort } from './published-port.ts';
import { bindPort, releasePort, removeSenders } from './senders.ts';
import { tableFor } from './table-name.ts';

/** Whether a container of this id lives, or a command is about to start it. */
export type IsAlive = (id: string) => boolean;

/**
 * @param networks of the requests, in their order
 * @throws TsrunError ADDRESS_IN_USE, PORT_IN_USE, HOST_UNSUPPORTED; nothing of it is left
 */
export async function connect(
  paths: Paths,
  holder: Holder,
  requests: readonly EndpointRequest[],
  networks: readonly Network[],
  publish: readonly PublishRequest[],
  isAlive: IsAlive,
): Promise<Connection> {
  try {
    return await connectFree(paths, holder, requests, networks, publish, isAlive);
  } catch (error) {
    const names = networks.map(({ name }) => name);
    // What went wrong first is what the person wants to know. A kernel that refuses this too has made nothing before.
    await lowerUnused(paths, names).catch(() => forgetUnused(paths, names));
    throw error;
  }
}

/** A port that is free when it is chosen may be another container's a moment later: where nobody insists on it, another is chosen. */
async function connectFree(...args: Parameters<typeof connectAll>): Promise<Connection> {
  const publish = args[4];
  for (let left = publish.some(({ hostPort }) => hostPort === null) ? 20 : 0; ; left--) {
    try {
      return await connectAll(...args);
    } catch (error) {
      if (left === 0 || !(error instanceof TsrunError) || error.code !== 'PORT_IN_USE') throw error;
    }
  }
}

export interface Connection {
  readonly endpoints: readonly Endpoint[];
  /** What keeps it from reaching others, for the person to read. */
  readonly notices: readonly string[];
}

async function connectAll(
  paths: Paths,
  holder: Holder,
  requests: readonly EndpointRequest[],
  networks: readonly Network[],
  publish: readonly PublishRequest[],
  isAlive: IsAlive,
): Promise<Connection> {
  // Loaded here: sockets of Node take milliseconds to load, and few containers have ports.
  const ports = publish.length === 0 ? [] : await (await import('./publish.ts')).choosePorts(publish);
  using _lock = await lockNetworks(paths, 'shared');
  // Of its last run, when nobody has given it back since.
  release(paths, holder);
  const endpoints: Endpoint[] = [];
  try {
    for (const [index, request] of requests.entries()) {
      const network = networks[index];
      if (network === undefined) break;
      // Ports lead to the first address of each family that there is.
      const published = index === 0 ? ports : [];
      endpoints.push(takeEndpoint(paths, holder, endpoints, { request, network, published, index }, isAlive));
    }
    for (const [index, endpoint] of endpoints.entries()) {
      const network = networks[index];
      if (network !== undefined) raise(paths, holder, network, endpoint, isAlive);
    }
    return { endpoints, notices: reachNotices(paths, networks) };
  } catch (error) {
    release(paths, holder);
    throw error;
  }
}

/** What {@link connect} would give now. Takes nothing. */
export async function previewEndpoints(
  paths: Paths,
  id: string,
  requests: readonly EndpointRequest[],
  networks: readonly Network[],
  publish: readonly PublishRequest[],
): Promise<readonly Endpoint[]> {
  const ports = publish.length === 0 ? [] : await (await import('./publish.ts')).choosePorts(publish);
  return requests.flatMap((request, index) => {
    const network = networks[index];
    if (network === undefined) return [];
    const published = index === 0 ? ports : [];
    return [
      endpointFor(
        id,
        { request, network, published, index },
        chooseAddresses(paths, request, network, () => {}),
      ),
    ];
  });
}

/** Lets them out, and says what stands in the way. */
function reachNotices(paths: Paths, networks: readonly Network[]): readonly string[] {
  const outside = networks.find(({ reach }) => reach === 'outside');
  if (outside === undefined) return [];
  const notices = [openForwarding(paths, tableFor(paths)), forwarding6Notice(networks), firewallNotice(outside.bridge)];
  return notices.filter((notice) => notice !== null);
}

/** Chooses addresses and takes the leases. */
function takeEndpoint(
  paths: Paths,
  holder: Holder,
  before: readonly Endpoint[],
  { request, network, published, index }: WantedEndpoint,
  isAlive: IsAlive,
): Endpoint {
  for (;;) {
    const addresses = chooseAddresses(paths, request, network, () => releaseDead(paths, network, isAlive));
    const endpoint = endpointFor(holder.id, { request, network, published, index }, addresses);
    writeEndpoints(holder, [...before, endpoint]);
    if (takeLease(paths, network.name, leaseOf(holder.id, endpoint, addresses))) return endpoint;
  }
}

const leaseOf = (holder: string, { hostName, mac, published }: Endpoint, addresses: readonly IpAddress[]): Lease => ({
  holder,
  addresses,
  published,
  port: { hostName, mac },
});

/** Rows first: the bridge lets 127.0.0.1 through, and one of the rules keeps containers from using that. */
function raise(paths: Paths, holder: Holder, network: Network, endpoint: Endpoint, isAlive: IsAlive): void {
  for (const port of endpoint.published) {
    let other = claimPort(paths, holder.id, port);
    if (other !== null && !isAlive(other)) {
      releaseAllDead(paths, isAlive);
      other = claimPort(paths, holder.id, port);
    }
    if (other !== null) throw portInUse(port, other);
  }
  addRows(tableFor(paths), network, publishedRows(endpoint.published, endpoint.addresses));
  bindPort(tableFor(paths), endpoint, endpoint.addresses);
  raiseBridge(network);
}

function portInUse({ hostAddress, hostPort, protocol }: PublishedPort, holder: string): TsrunError {
  const where = hostAddress === null ? '' : `${hostAddress}:`;
  return new TsrunError('PORT_IN_USE', `cannot publish port ${where}${hostPort}/${protocol}`, {
    why: `container ${holder.slice(0, 12)} has it`,
    hint: 'choose another port of the host, or leave it out for one that is free: -p 80',
  });
}

function releaseAllDead(paths: Paths, isAlive: IsAlive): void {
  for (const name of leasedNetworks(paths)) {
    const network = readNetwork(paths, name);
    if (network !== null) releaseDead(paths, network, isAlive);
  }
}

/** Gives everything back that the container has. Idempotent. */
export async function disconnect(paths: Paths, holder: Holder): Promise<void> {
  const names = readEndpoints(holder).map(({ network }) => network);
  {
    using _lock = await lockNetworks(paths, 'shared');
    release(paths, holder);
  }
  await lowerUnused(paths, names);
}

function release(paths: Paths, holder: Holder): void {
  for (const endpoint of readEndpoints(holder)) {
    const { network } = endpoint;
    const parsed = endpoint.addresses.flatMap((address) => parseIp(address) ?? []);
    const [first] = parsed;
    const isOurs =
      first !== undefined &&
      leasesOf(paths, network).some(
        (lease) => lease.holder === holder.id && lease.addresses.some(({ value }) => value === first.value),
      );
    // Never taken, or somebody else's by now.
    if (isOurs) giveBack(paths, network, leaseOf(holder.id, endpoint, parsed));
  }
  rmSync(holder.file, { force: true });
}

function giveBack(paths: Paths, network: NetworkName, lease: Lease): void {
  const ours = lease.published.filter((port) => portHolder(paths, port) === lease.holder);
  removeRows(tableFor(paths), publishedRows(ours, lease.addresses.map(formatIp)));
  if (lease.port !== null) releasePort(tableFor(paths), lease.port, lease.addresses.map(formatIp));
  for (const port of ours) forgetPort(paths, port);
  forgetLease(paths, network, lease);
}

/** What containers have left that were killed with their command and removed by hand, or are about to be swept. */
export function releaseDead(paths: Paths, { name }: Network, isAlive: IsAlive): void {
  for (const lease of leasesOf(paths, name)) if (!isAlive(lease.holder)) giveBack(paths, name, lease);
}

/**
 * Takes away bridges that nobody is connected with any more, and with the last of them the rules. The directory of a network's leases
 * goes last: whoever dies before has left a mark for the next one.
 */
export async function lowerUnused(paths: Paths, names: readonly NetworkName[]): Promise<void> {
  const raised = (): readonly NetworkName[] => leasedNetworks(paths);
  if (!names.some((name) => raised().includes(name))) return;
  using _lock = await lockNetworks(paths, 'exclusive');
  const table = tableFor(paths);
  for (const name of names) {
    if (!raised().includes(name) || listLeases(paths, name).length > 0) continue;
    const network = readNetwork(paths, name);
    if (network !== null) {
      removeNetworkRows(table, network);
      lowerBridge(network);
    }
    if (raised().length === 1) {
      closeForwarding(paths);
      removeTable(table);
      removeSenders(table);
    }
    forgetLeases(paths, name);
  }
}

async function forgetUnused(paths: Paths, names: readonly NetworkName[]): Promise<void> {
  using _lock = await lockNetworks(paths, 'exclusive');
  for (const name of names) {
    if (leasedNetworks(paths).includes(name) && listLeases(paths, name).length === 0) forgetLeases(paths, name);
  }
}
