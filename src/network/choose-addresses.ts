/** Which addresses of a network a container gets. */
import { TsrunError } from '../errors/tsrun-error.ts';
import type { Paths } from '../host/paths.ts';
import { type IpAddress, parseIp } from '../plan/ip-address.ts';
import type { EndpointRequest } from './endpoint.ts';
import { freeAddress } from './free-address.ts';
import { listLeases } from './lease.ts';
import { isBridged, type Network } from './network-record.ts';
import { contains } from './subnet.ts';

/**
 * The addresses that are asked for, or free, one of each family.
 *
 * @param releaseDead gives back what the dead have, when nothing is free without
 * @throws TsrunError ADDRESS_IN_USE, USAGE
 */
export function chooseAddresses(
  paths: Paths,
  request: EndpointRequest,
  network: Network,
  releaseDead: () => void,
): readonly IpAddress[] {
  const taken = new Set(listLeases(paths, network.name).map(({ value }) => value));
  return network.subnets.map((subnet) => {
    const asked = subnet.subnet.base.family === 4 ? request.ip : request.ip6;
    if (asked !== null) return askedAddress(paths, network, asked, releaseDead);
    const free = freeAddress(subnet, taken);
    if (free !== null) return free;
    releaseDead();
    const again = freeAddress(subnet, new Set(listLeases(paths, network.name).map(({ value }) => value)));
    if (again === null) throw fullError(network);
    return again;
  });
}

function askedAddress(paths: Paths, network: Network, text: string, releaseDead: () => void): IpAddress {
  const address = parseIp(text);
  const subnet = network.subnets.find((each) => address !== null && contains(each.subnet, address));
  if (address === null || subnet === undefined) {
    throw new TsrunError('USAGE', `cannot use the address ${text}`, {
      why: `it is not in a subnet of the network "${network.name}"`,
      hint: `tsrun network inspect ${network.name} shows its subnets`,
    });
  }
  const isGateway = address.value === subnet.gateway.value;
  const isTaken = (): boolean => listLeases(paths, network.name).some(({ value }) => value === address.value);
  if (!isGateway && isTaken()) releaseDead();
  if (isGateway || isTaken()) {
    throw new TsrunError('ADDRESS_IN_USE', `cannot use the address ${text}`, {
      why: isGateway
        ? `the ${isBridged(network) ? 'bridge' : 'gateway'} of the network "${network.name}" has it`
        : 'another container has it',
      hint: 'choose another with --ip, or leave it out for one that is free',
    });
  }
  return address;
}

export const fullError = ({ name }: Network): TsrunError =>
  new TsrunError('ADDRESS_IN_USE', `cannot connect with the network "${name}"`, {
    why: 'all of its addresses are in use',
    hint: 'make another with a larger subnet: tsrun network create --subnet 10.80.0.0/16 NAME',
  });
