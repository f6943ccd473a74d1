/**
 * Connects a container with networks.
 *
 * Order: the container's file says which addresses it means to have; the leases are taken, and its ports; the rows of the rules, then
 * the bridge are made; last its virtual interfaces, by a step of its plan. So whoever dies in between leaves only what the next command
 * finds by the file or by the lease.
 */
import { TsrunError } from '../errors/tsrun-error.ts';
import type { Paths } from '../host/paths.ts';
import { chooseAddresses } from './choose-addresses.ts';
import {
  forgetUnused,
  type IsAlive,
  leaseOf,
  lowerUnused,
  release,
  releaseAllDead,
  releaseDead,
} from './disconnect.ts';
import { type Endpoint, type EndpointRequest, endpointFor, type WantedEndpoint } from './endpoint.ts';
import { type Holder, writeEndpoints } from './endpoint-file.ts';
import { firewallNotice } from './foreign-firewall.ts';
import { forwarding6Notice, openForwarding } from './forwarding.ts';
import { addRows, publishedRows, raiseBridge } from './kernel-network.ts';
import { takeLease } from './lease.ts';
import type { Space } from './netlink/space.ts';
import { type BridgedNetwork, isBridged, type Network } from './network-record.ts';
import { lockNetworks } from './networks-lock.ts';
import { parentOf, requireWire } from './parent-interface.ts';
import { claimPort, portHolder } from './port-claim.ts';
import type { PublishRequest } from './publish-request.ts';
import type { PublishedPort } from './published-port.ts';
import { bindPort } from './senders.ts';
import { tableFor } from './table-name.ts';
import { raiseTunnel } from './tunnel.ts';

/** A place on a network, as it is asked for. */
export interface Place {
  readonly request: EndpointRequest;
  readonly network: Network;
}

/** Who is to be connected, and who says whether others live. */
export interface Connecting {
  readonly paths: Paths;
  readonly holder: Holder;
  readonly isAlive: IsAlive;
  /** Where the bridges are. */
  readonly ground: Space;
}

export interface Connection {
  readonly endpoints: readonly Endpoint[];
  /** What keeps it from reaching others, for the person to read. */
  readonly notices: readonly string[];
}

/** @throws TsrunError ADDRESS_IN_USE, PORT_IN_USE, HOST_UNSUPPORTED; nothing of it is left */
export async function connect(
  who: Connecting,
  places: readonly Place[],
  publish: readonly PublishRequest[],
): Promise<Connection> {
  try {
    return await connectFree(who, places, publish);
  } catch (error) {
    const names = places.map(({ network }) => network.name);
    // What went wrong first is what the person wants to know. A kernel that refuses this too has made nothing before.
    await lowerUnused(who.paths, names, who.ground).catch(() => forgetUnused(who.paths, names));
    throw error;
  }
}

/** A port that is free when it is chosen may be another container's a moment later: where nobody insists on it, another is chosen. */
async function connectFree(
  who: Connecting,
  places: readonly Place[],
  publish: readonly PublishRequest[],
): Promise<Connection> {
  for (let left = publish.some(({ hostPort }) => hostPort === null) ? 20 : 0; ; left--) {
    try {
      return await connectAll(who, places, publish);
    } catch (error) {
      if (left === 0 || !(error instanceof TsrunError) || error.code !== 'PORT_IN_USE') throw error;
    }
  }
}

async function connectAll(
  who: Connecting,
  places: readonly Place[],
  publish: readonly PublishRequest[],
): Promise<Connection> {
  const { paths, holder, ground } = who;
  const ports =
    publish.length === 0 ? [] : await chosen(who, publish, ground.type === 'own' ? 'by-rules' : 'by-socket');
  using _lock = await lockNetworks(paths, 'shared');
  // Of its last run, when nobody has given it back since.
  release(paths, holder, ground);
  const endpoints: Endpoint[] = [];
  try {
    for (const [index, { request, network }] of places.entries()) {
      // Ports lead to the first address of each family that there is.
      const published = index === 0 ? ports : [];
      endpoints.push(takeEndpoint(who, endpoints, { request, network, published, index }));
    }
    const networks = places.map(({ network }) => network);
    const notices: string[] = [];
    for (const [index, endpoint] of endpoints.entries()) {
      const network = networks[index];
      if (network !== undefined) notices.push(...(await raise(who, network, endpoint)));
    }
    return { endpoints, notices: [...new Set([...reachNotices(who, networks), ...notices])] };
  } catch (error) {
    release(paths, holder, ground);
    throw error;
  }
}

/**
 * Loaded here: sockets of Node take milliseconds to load, and few containers have ports. A function of its own: where there is a `using`,
 * tsc leaves the name of an imported file as it is.
 */
async function chosen(
  { paths, holder, isAlive }: Connecting,
  publish: readonly PublishRequest[],
  how: 'by-rules' | 'by-socket',
): Promise<readonly PublishedPort[]> {
  const holderOf = (port: PublishedPort): string | null => {
    const id = portHolder(paths, port);
    return id === null || id === holder.id || !isAlive(id) ? null : id;
  };
  return await (await import('./publish.ts')).choosePorts(publish, how, holderOf);
}

/** Lets them out, and says what stands in the way. */
export function reachNotices(
  { paths, ground }: Pick<Connecting, 'paths' | 'ground'>,
  networks: readonly Network[],
): readonly string[] {
  // From an anchor nothing leads out but pasta of each container.
  if (ground.type !== 'own') return [];
  const bridged = networks.filter(isBridged);
  const outside = bridged.find(({ reach }) => reach === 'outside');
  if (outside === undefined) return [];
  const notices = [openForwarding(paths, tableFor(paths)), forwarding6Notice(bridged), firewallNotice(outside.bridge)];
  return notices.filter((notice) => notice !== null);
}

/** Chooses addresses and takes the leases. @param before what it has already */
export function takeEndpoint(
  { paths, holder, isAlive, ground }: Connecting,
  before: readonly Endpoint[],
  wanted: WantedEndpoint,
): Endpoint {
  const { request, network } = wanted;
  for (;;) {
    const addresses = chooseAddresses(paths, request, network, () => releaseDead(paths, network, isAlive, ground));
    const endpoint = endpointFor(holder.id, wanted, addresses);
    writeEndpoints(holder, [...before, endpoint]);
    if (takeLease(paths, network.name, leaseOf(holder.id, endpoint, addresses))) return endpoint;
  }
}

/**
 * Rows first: the bridge lets 127.0.0.1 through, and one of the rules keeps containers from using that.
 *
 * @returns what is not as it should be, for the person to read
 */
export async function raise(
  { paths, holder, isAlive, ground }: Connecting,
  network: Network,
  endpoint: Endpoint,
): Promise<readonly string[]> {
  if (!isBridged(network)) {
    requireWire(network.name, ground.type);
    const { parent } = network.driver;
    if (parentOf(network.name, network.driver).state === 'up') return [];
    return [`the container reaches nobody on the network ${network.name}: ${parent} is down: ip link set ${parent} up`];
  }
  for (const port of endpoint.published) {
    let other = claimPort(paths, holder.id, port);
    if (other !== null && !isAlive(other)) {
      releaseAllDead(paths, isAlive, ground);
      other = claimPort(paths, holder.id, port);
    }
    if (other !== null) throw (await import('./publish.ts')).portInUse(port, other);
  }
  const published = ground.type === 'own' ? publishedRows(endpoint.published, endpoint.addresses) : [];
  addRows(ground, tableFor(paths), network, published);
  const notice = bindPort(ground, tableFor(paths), endpoint, endpoint.addresses);
  raiseBridge(ground, network);
  if (network.driver.type === 'vxlan') raiseTunnelOf(network, ground);
  return notice === null ? [] : [notice];
}

/** An anchor has no way to other hosts. */
function raiseTunnelOf(network: BridgedNetwork, ground: Space): void {
  if (ground.type === 'own') {
    raiseTunnel(network);
    return;
  }
  throw new TsrunError('HOST_UNSUPPORTED', `cannot connect with the network "${network.name}"`, {
    why: 'it reaches over several hosts, which is root’s to do',
    hint: 'run as root, or use a network of the driver bridge',
  });
}
