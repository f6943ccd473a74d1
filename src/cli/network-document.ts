/** A network as docker's `network inspect` shows it. */
import { join } from 'node:path';
import { containersDirectory, readRecord } from '../container/container-directory.ts';
import { endpointsOf } from '../container/network-holder.ts';
import type { Paths } from '../host/paths.ts';
import { leasesOf } from '../network/lease.ts';
import { isBridged, type Network } from '../network/network-record.ts';
import { formatAddress, formatSubnet } from '../network/subnet.ts';

export function networkDocument(paths: Paths, network: Network): Readonly<Record<string, unknown>> {
  const { name, id, created, driver, subnets, reach, mtu, labels, options } = network;
  return {
    Name: name,
    Id: id,
    Created: created,
    Scope: 'local',
    Driver: driver.type,
    EnableIPv4: subnets.some(({ subnet }) => subnet.base.family === 4),
    EnableIPv6: subnets.some(({ subnet }) => subnet.base.family === 6),
    IPAM: {
      Driver: 'default',
      Options: {},
      Config: subnets.map(({ subnet, gateway, range }) => ({
        Subnet: formatSubnet(subnet),
        ...(range.prefix === subnet.prefix ? {} : { IPRange: formatSubnet(range) }),
        Gateway: formatAddress(gateway),
      })),
    },
    Internal: reach === 'internal',
    Attachable: false,
    Ingress: false,
    Containers: Object.fromEntries(leasesOf(paths, name).map(({ holder }) => [holder, place(paths, network, holder)])),
    Options: options,
    Labels: labels,
    // What docker does not have.
    ...(isBridged(network) ? { Bridge: network.bridge } : {}),
    MTU: mtu,
  };
}

function place(paths: Paths, { name, subnets }: Network, holder: string): Readonly<Record<string, string>> {
  const endpoint = endpointsOf(paths, holder).find(({ network }) => network === name);
  const address = (family: 4 | 6): string => {
    const index = subnets.findIndex(({ subnet }) => subnet.base.family === family);
    const found = endpoint?.addresses[index];
    return found === undefined ? '' : `${found}/${subnets[index]?.subnet.prefix ?? 0}`;
  };
  return {
    Name: readRecord(join(containersDirectory(paths), holder))?.name ?? '',
    EndpointID: '',
    MacAddress: endpoint?.mac ?? '',
    IPv4Address: address(4),
    IPv6Address: address(6),
  };
}
