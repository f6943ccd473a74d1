/** A container's place on a network. */

import { TsrunError } from '../errors/tsrun-error.ts';
import { formatIp, type IpAddress } from '../plan/ip-address.ts';
import type { Macvlan, Veth } from '../plan/plan.ts';
import { isBridged, type Network, type NetworkName } from './network-record.ts';
import { parentOf } from './parent-interface.ts';
import type { PublishedPort } from './published-port.ts';

/** As it was asked for; null: whatever is free. */
export interface EndpointRequest {
  readonly network: NetworkName;
  readonly ip: string | null;
  readonly ip6: string | null;
  readonly mac: string | null;
  /** More names than the container's own, for others on the network. */
  readonly aliases: readonly string[];
}

export interface Endpoint {
  readonly network: NetworkName;
  /** IPv4 first. */
  readonly addresses: readonly string[];
  readonly mac: string;
  /** Inside. */
  readonly interfaceName: string;
  /** The other end, a port of the bridge; empty: it has none. */
  readonly hostName: string;
  /** More names for others there than the container's own. */
  readonly aliases: readonly string[];
  readonly published: readonly PublishedPort[];
}

/** Derived from the address: whoever remembers the one knows the other, whichever container has them. */
function macFor({ family, value }: IpAddress): string {
  const last = family === 4 ? value : value & 0xffff_ffffn;
  const bytes = [0x02n, 0x74n, ...[24n, 16n, 8n, 0n].map((shift) => (last >> shift) & 0xffn)];
  return bytes.map((byte) => byte.toString(16).padStart(2, '0')).join(':');
}

/** Made of the gateway's IP address, as a container's is of its own: its neighbours may remember it, whoever else comes and goes. */
export function bridgeMac({ subnets: [first] }: Pick<Network, 'subnets'>): string {
  if (first === undefined) throw new Error('a network has a subnet');
  return macFor(first.gateway);
}

/** Of the container's first, second, ... network: `eth0` inside. At most 15 letters each. */
const interfaceNames = (id: string, network: Network, index: number): Pick<Endpoint, 'interfaceName' | 'hostName'> => ({
  interfaceName: `eth${index}`,
  hostName: isBridged(network) ? `ve${id.slice(0, 10)}-${index}` : '',
});

/** An endpoint that is asked for: of which network, with which ports; `index` counts the container's networks. */
export interface WantedEndpoint {
  readonly request: EndpointRequest;
  readonly network: Network;
  readonly published: readonly PublishedPort[];
  readonly index: number;
}

/** @param addresses one of each family of the network */
export function endpointFor(
  id: string,
  { request, network, published, index }: WantedEndpoint,
  addresses: readonly IpAddress[],
): Endpoint {
  const [first] = addresses;
  if (first === undefined) throw new Error(`the network ${network.name} has no subnet`);
  return {
    network: network.name,
    addresses: addresses.map(formatIp),
    mac: macOf(request, network) ?? macFor(first),
    ...interfaceNames(id, network, index),
    aliases: request.aliases,
    published,
  };
}

/** null: nobody asks for one. Who takes over an interface of the host has its address. */
function macOf({ mac }: EndpointRequest, { name, driver }: Network): string | null {
  if (driver.type !== 'macvlan' || driver.mode !== 'passthru') return mac;
  if (mac === null) return parentOf(name, driver).mac;
  throw new TsrunError('USAGE', `cannot use the address ${mac} on the network "${name}"`, {
    why: `in mode passthru the container has that of ${driver.parent} itself`,
    hint: 'leave it out, or make the network with another -o macvlan_mode=',
  });
}

/** The step that connects it. @param isDefault whether the container's way out is by it */
export function linkStep(endpoint: Endpoint, network: Network, isDefault: boolean): Veth | Macvlan {
  const { mac, interfaceName, hostName } = endpoint;
  const inside = { name: interfaceName, mac, mtu: network.mtu, ...routesOf(endpoint, network, isDefault) };
  if (isBridged(network)) return { kind: 'veth', hostName, bridge: network.bridge, ...inside };
  const { parent, mode } = network.driver;
  return { kind: 'macvlan', parent, mode, ...inside };
}

function routesOf({ addresses }: Endpoint, network: Network, isDefault: boolean): Pick<Veth, 'addresses' | 'gateways'> {
  return {
    addresses: addresses.map((address, index) => ({
      address,
      prefix: network.subnets[index]?.subnet.prefix ?? 0,
    })),
    gateways: isDefault && network.reach === 'outside' ? network.subnets.map(({ gateway }) => formatIp(gateway)) : [],
  };
}
