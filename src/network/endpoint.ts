/** A container's place on a network. */

import { formatIp, type IpAddress } from '../plan/ip-address.ts';
import type { Veth } from '../plan/plan.ts';
import type { Network, NetworkName } from './network-record.ts';
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
  /** The other end, a port of the bridge. */
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

/** Of the container's first, second, ... network: `eth0` inside. At most 15 letters each. */
const interfaceNames = (id: string, index: number): Pick<Endpoint, 'interfaceName' | 'hostName'> => ({
  interfaceName: `eth${index}`,
  hostName: `ve${id.slice(0, 10)}-${index}`,
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
    mac: request.mac ?? macFor(first),
    ...interfaceNames(id, index),
    aliases: request.aliases,
    published,
  };
}

/** The step that connects it. @param index of the container's networks: the default route is that of the first which has one */
export function vethOf(endpoint: Endpoint, network: Network, isDefault: boolean): Veth {
  const { addresses, mac, interfaceName, hostName } = endpoint;
  return {
    kind: 'veth',
    hostName,
    bridge: network.bridge,
    name: interfaceName,
    mac,
    mtu: network.mtu,
    addresses: addresses.map((address, index) => ({
      address,
      prefix: network.subnets[index]?.subnet.prefix ?? 0,
    })),
    gateways: isDefault && network.reach === 'outside' ? network.subnets.map(({ gateway }) => formatIp(gateway)) : [],
  };
}
