/** Makes networks. */
import { TsrunError } from '../errors/tsrun-error.ts';
import type { Paths } from '../host/paths.ts';
import { randomHex } from '../native/sha256.ts';
import { formatIp, type IpAddress, parseIp } from '../plan/ip-address.ts';
import { chooseSubnet, pools, routes } from './choose-subnet.ts';
import {
  defaultName,
  type Network,
  type NetworkDriver,
  type NetworkName,
  type NetworkSubnet,
} from './network-record.ts';
import { listNetworks, readNetwork, writeNewNetwork } from './network-store.ts';
import { parentOf, requireWire } from './parent-interface.ts';
import { addressAt, contains, formatSubnet, overlaps, type Subnet } from './subnet.ts';
import { defaultBridge } from './table-name.ts';

/** As it was asked for; null: chosen here. */
export interface SubnetRequest {
  readonly subnet: Subnet | null;
  readonly gateway: string | null;
  readonly range: Subnet | null;
}

export interface NetworkRequest {
  readonly name: NetworkName;
  /** IPv4 first; none: one is chosen. */
  readonly subnets: readonly SubnetRequest[];
  readonly ipv6: 'with' | 'without';
  readonly driver: NetworkDriver;
  readonly reach: Network['reach'];
  /** null: 1500, or that of the parent. */
  readonly mtu: number | null;
  /** null: a name of its own; of networks that have one. */
  readonly bridge: string | null;
  readonly labels: Readonly<Record<string, string>>;
  readonly options: Readonly<Record<string, string>>;
}

/**
 * @throws TsrunError NETWORK_EXISTS when there is one of that name, or the subnet overlaps with what this machine reaches
 * otherwise; USAGE when gateway or range lie elsewhere
 */
export function makeNetwork(paths: Paths, request: NetworkRequest): Network {
  const network = newNetwork(paths, request);
  if (writeNewNetwork(paths, network)) return network;
  throw new TsrunError('NETWORK_EXISTS', `cannot make the network "${network.name}"`, {
    why: 'there is one of that name',
    hint: `choose another name, or look at it: tsrun network inspect ${network.name}`,
  });
}

function newNetwork(paths: Paths, request: NetworkRequest): Network {
  const { name, driver, reach, labels, options } = request;
  const id = randomHex(32);
  const taken = listNetworks(paths).flatMap((network) => network.subnets.map(({ subnet }) => subnet));
  const wanted = request.subnets.length > 0 ? request.subnets : [{ subnet: null, gateway: null, range: null }];
  const subnets = wanted.map((each) =>
    subnetFor(each, name === defaultName ? 'default' : 'other', driver, taken, paths),
  );
  if (request.ipv6 === 'with' && !subnets.some(({ subnet }) => subnet.base.family === 6)) subnets.push(uniqueLocal(id));
  const created = new Date().toISOString();
  const network = { name, id, created, subnets, reach, mtu: request.mtu ?? 1500, labels, options };
  if (driver.type === 'macvlan') {
    requireWire(name, process.geteuid?.() === 0 ? 'own' : 'other');
    const parent = parentOf(name, driver);
    return { ...network, driver, mtu: request.mtu ?? parent.mtu };
  }
  const bridge = request.bridge ?? (name === defaultName ? defaultBridge(paths) : `ts-${id.slice(0, 12)}`);
  return { ...network, driver, bridge };
}

const defaultRequest: NetworkRequest = {
  name: defaultName,
  subnets: [],
  ipv6: 'without',
  driver: { type: 'bridge' },
  reach: 'outside',
  mtu: 1500,
  bridge: null,
  labels: {},
  options: {},
};

/** As it is, or would be if somebody asked for it now. */
export const previewDefaultNetwork = (paths: Paths): Network =>
  readNetwork(paths, defaultName) ?? newNetwork(paths, defaultRequest);

/** Made when somebody first asks for it. */
export function defaultNetwork(paths: Paths): Network {
  const found = readNetwork(paths, defaultName);
  if (found !== null) return found;
  try {
    return makeNetwork(paths, defaultRequest);
  } catch (error) {
    // Somebody else was faster.
    const made = readNetwork(paths, defaultName);
    if (made !== null) return made;
    throw error;
  }
}

function subnetFor(
  { subnet: asked, gateway: askedGateway, range: askedRange }: SubnetRequest,
  which: keyof typeof pools,
  driver: NetworkDriver,
  taken: readonly Subnet[],
  paths: Paths,
): NetworkSubnet {
  const subnet = asked ?? chooseSubnet(pools[which], taken);
  if (asked !== null) refuseOverlap(asked, driver, paths);
  const gateway =
    askedGateway === null
      ? firstOf(driver.type === 'vxlan' ? (askedRange ?? subnet) : subnet, subnet)
      : parseIp(askedGateway);
  if (gateway === null || !contains(subnet, gateway)) throw outside('gateway', askedGateway ?? '', subnet);
  const range = askedRange ?? subnet;
  if (!contains(subnet, range.base) || range.prefix < subnet.prefix) {
    throw outside('ip-range', formatSubnet(range), subnet);
  }
  return { subnet, gateway, range };
}

/** The first address of a part of the subnet that may be given out: on a network of several hosts each has a gateway of its own. */
const firstOf = (part: Subnet, { base }: Subnet): IpAddress =>
  addressAt(part, part.base.value === base.value ? 1n : 0n);

/** That of a macvlan network is the one of its parent, more often than not. */
function refuseOverlap(subnet: Subnet, { type }: NetworkDriver, paths: Paths): void {
  const network = listNetworks(paths).find((each) => each.subnets.some((other) => overlaps(other.subnet, subnet)));
  const route =
    network === undefined && type !== 'macvlan' ? routes().find((other) => overlaps(other, subnet)) : undefined;
  if (network === undefined && route === undefined) return;
  throw new TsrunError('NETWORK_EXISTS', `cannot use the subnet ${formatSubnet(subnet)}`, {
    why:
      network !== undefined
        ? `it overlaps with that of the network "${network.name}"`
        : `this machine reaches ${route === undefined ? 'part of it' : formatSubnet(route)} by another way: ip route`,
    hint: 'choose another, or leave --subnet out for one that is free',
  });
}

const outside = (flag: string, text: string, subnet: Subnet): TsrunError =>
  new TsrunError('USAGE', `invalid --${flag} "${text}"`, {
    why: `it is not in the subnet ${formatSubnet(subnet)}`,
    hint: `write for example ${formatIp(addressAt(subnet, 1n))}${flag === 'gateway' ? '' : `/${subnet.prefix + 1}`}`,
  });

/** RFC 4193: a prefix of 48 bits that begins with fd and is random behind, of which this takes the first subnet. */
function uniqueLocal(id: string): NetworkSubnet {
  const base = { family: 6, value: BigInt(`0xfd${id.slice(0, 10)}`) << 80n } as const;
  const subnet: Subnet = { base, prefix: 64 };
  return { subnet, gateway: addressAt(subnet, 1n), range: subnet };
}
