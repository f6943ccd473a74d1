/** What `network create` and the library's `createNetwork` ask for. */
import { TsrunError } from '../../errors/tsrun-error.ts';
import type { NetworkRequest, SubnetRequest } from '../../network/make-network.ts';
import {
  isInterfaceName,
  isNetworkName,
  type MacvlanDriver,
  macvlanModes,
  type NetworkDriver,
  type NetworkName,
  type Vxlan,
} from '../../network/network-record.ts';
import { contains, parseSubnet, type Subnet } from '../../network/subnet.ts';
import { type IpAddress, parseIp } from '../../plan/ip-address.ts';
import { badValue, conflict, type OptionName } from './bad-value.ts';
import { parseInteger } from './integer.ts';
import type { KeyValues } from './key-value.ts';
import { parseLabels } from './labels.ts';

/** How a new network is to be. */
export interface NetworkOptions {
  /** Its addresses, for example `10.80.0.0/24`; one of IPv4 and one of IPv6. Default: free ones. */
  readonly subnets?: readonly string[];
  /** The host in each subnet. Default: its first address. */
  readonly gateways?: readonly string[];
  /** Containers get addresses of this part of the subnet. */
  readonly ipRanges?: readonly string[];
  /** Its containers reach nobody else. */
  readonly internal?: boolean;
  /** IPv6 addresses too. */
  readonly ipv6?: boolean;
  /** Bytes of a packet. Default: 1500. */
  readonly mtu?: string | number;
  /** Name of the interface of the host. */
  readonly bridge?: string;
  /** A network of several hosts. Default: of this one. */
  readonly vxlan?: VxlanOptions;
  /** On the wire of an interface of the host. Default: on a bridge inside of it. */
  readonly macvlan?: MacvlanOptions;
  /** `KEY=VALUE`, or an object. */
  readonly labels?: KeyValues;
}

/** A network whose containers are machines of their own on the wire of an interface of the host. It needs `subnets`: those of the wire. */
export interface MacvlanOptions {
  /** The interface: `eth0`, or `eth0.10` of a VLAN. */
  readonly parent: string;
  /** `bridge`: its containers reach each other too. `private`, `vepa`, `passthru`: ip-link(8). Default: `bridge`. */
  readonly mode?: string;
}

/** A network of several hosts, RFC 7348: made on each with the same number and subnet, and with an `ipRanges` of its own. */
export interface VxlanOptions {
  /** Its number, the same on each host: 1 to 16777215. */
  readonly vni: string | number;
  /** Addresses of the other hosts. */
  readonly peers: readonly string[];
  /** This host's address for the others. Default: by its routes. */
  readonly local?: string;
  /** This host's interface to the others. Default: by its routes. */
  readonly device?: string;
  /** UDP port, the same on each host. Default: 4789. */
  readonly port?: string | number;
}

type Spell = (option: keyof NetworkOptions) => OptionName;

const mtuLimits = { least: 68, most: 65535, unit: ' bytes' } as const;

/**
 * @param options what was given with `-o`, as it is shown again
 * @throws TsrunError USAGE
 */
export function parseNetworkRequest(
  name: string,
  given: NetworkOptions,
  options: Readonly<Record<string, string>>,
  spell: Spell,
): NetworkRequest {
  const driver = parseDriver(given, spell);
  const subnets = subnetsOf(given, spell);
  if (driver.type === 'vxlan') requireParts(subnets, given, spell);
  if (driver.type === 'macvlan') requireWire(subnets, given, spell);
  return {
    name: parseName(name),
    subnets,
    driver,
    ipv6: given.ipv6 === true ? 'with' : 'without',
    reach: given.internal === true ? 'internal' : 'outside',
    mtu: given.mtu === undefined ? defaultMtu(driver) : parseInteger(given.mtu, mtuLimits, spell('mtu')),
    bridge: given.bridge === undefined ? null : parseBridge(given.bridge, spell('bridge')),
    labels: parseLabels(given.labels ?? [], spell('labels')),
    options,
  };
}

function parseDriver({ vxlan, macvlan }: NetworkOptions, spell: Spell): NetworkDriver {
  if (vxlan !== undefined && macvlan !== undefined) {
    throw conflict(`${spell('vxlan')} and ${spell('macvlan')}`, 'a network is one or the other', 'leave one out');
  }
  if (vxlan !== undefined) return parseVxlan(vxlan, spell('vxlan'));
  return macvlan === undefined ? { type: 'bridge' } : parseMacvlan(macvlan, spell('macvlan'));
}

function parseMacvlan({ parent, mode = 'bridge' }: MacvlanOptions, name: OptionName): MacvlanDriver {
  if (parent === '') {
    throw new TsrunError('USAGE', 'a macvlan network needs a parent', {
      why: 'its containers are on the wire of an interface of this machine',
      hint: 'for example -o parent=eth0; of this machine alone is a network of the driver bridge, with --internal',
    });
  }
  const known = macvlanModes.find((each) => each === mode);
  if (known === undefined) {
    throw badValue(name, `macvlan_mode=${mode}`, 'there is no such mode', `the modes are ${macvlanModes.join(', ')}`);
  }
  return { type: 'macvlan', parent: parseBridge(parent, name), mode: known };
}

/** The addresses of a wire are there already, and whoever is on it is reached. */
function requireWire(subnets: readonly SubnetRequest[], given: NetworkOptions, spell: Spell): void {
  if (subnets.length === 0 || given.ipv6 === true) {
    throw new TsrunError(
      'USAGE',
      `a macvlan network needs ${spell('subnets')}, of each kind of address it is to have`,
      {
        why: 'its addresses are those of the wire, which tsrun cannot choose',
        hint: `for example ${spell('subnets')} 192.0.2.0/24 ${spell('gateways')} 192.0.2.1 ${spell('ipRanges')} 192.0.2.128/26`,
      },
    );
  }
  if (given.internal === true) {
    throw conflict(
      `a macvlan network cannot be ${spell('internal')}`,
      'its containers reach whoever is on the wire, and tsrun does not stand in between',
      'use the driver bridge',
    );
  }
  if (given.bridge !== undefined) {
    throw conflict(`a macvlan network has no ${spell('bridge')}`, 'its containers are on the wire', 'leave it out');
  }
}

/** An Ethernet frame in UDP in IP, in what a wire of 1500 bytes takes. null: as the interfaces have it. */
function defaultMtu(driver: NetworkDriver): number | null {
  if (driver.type !== 'vxlan') return null;
  return [...driver.peers, driver.local].some((address) => address?.family === 6) ? 1430 : 1450;
}

function parseVxlan({ vni, peers, local, device, port }: VxlanOptions, name: OptionName): Vxlan {
  const address = (text: string, part: string): IpAddress => {
    const parsed = parseIp(text);
    if (parsed !== null) return parsed;
    throw badValue(
      name,
      `${part}=${text}`,
      'it is no address of a host',
      'write for example peers=192.0.2.2,192.0.2.3',
    );
  };
  const others = peers.map((peer) => address(peer, 'peers'));
  const own = local === undefined ? null : address(local, 'local');
  const [first = own] = others;
  if (first === null) throw badValue(name, 'peers=', 'it names no other host', 'write for example peers=192.0.2.2');
  if ([...others, own].some((each) => each !== null && each.family !== first.family))
    throw badValue(name, `peers=${peers.join(',')}`, 'IPv4 and IPv6 do not go together', 'write addresses of one kind');
  return {
    type: 'vxlan',
    vni: parseInteger(vni, { least: 1, most: 0xff_ffff, unit: '' }, `${name} vni`),
    port: port === undefined ? 4789 : parseInteger(port, { least: 1, most: 65535, unit: '' }, `${name} port`),
    peers: others,
    local: own,
    device: device === undefined ? null : parseBridge(device, name),
  };
}

/** Two hosts that give out the same addresses would be found by nobody. */
function requireParts(subnets: readonly SubnetRequest[], given: NetworkOptions, spell: Spell): void {
  if (subnets.length > 0 && subnets.every(({ range }) => range !== null) && given.ipv6 !== true) return;
  throw new TsrunError('USAGE', `a vxlan network needs ${spell('subnets')} and ${spell('ipRanges')}`, {
    why: 'its hosts share a subnet, and each gives out a part of it that is its own',
    hint: `for example ${spell('subnets')} 10.90.0.0/16 ${spell('ipRanges')} 10.90.1.0/24 here, and 10.90.2.0/24 there`,
  });
}

const reserved: ReadonlySet<string> = new Set(['bridge', 'default', 'host', 'none', 'container', 'ns', 'pasta', 'cni']);

function parseName(name: string): NetworkName {
  if (reserved.has(name)) {
    throw new TsrunError('USAGE', `cannot make a network "${name}"`, {
      why: 'the word has a meaning of its own for --network',
      hint: 'choose another name',
    });
  }
  if (isNetworkName(name)) return name;
  throw new TsrunError('USAGE', `cannot make a network ${JSON.stringify(name)}`, {
    why: 'a name is letters, digits, _ . - and begins with a letter or digit',
    hint: 'choose another name, for example front-1',
  });
}

/** Each gateway and each range belong to the subnet that they lie in. */
function subnetsOf(given: NetworkOptions, spell: Spell): readonly SubnetRequest[] {
  const { gateways = [] } = given;
  const subnets = (given.subnets ?? []).map((text) => parse(text, spell('subnets')));
  const ranges = (given.ipRanges ?? []).map((text) => parse(text, spell('ipRanges')));
  const twice = subnets.find(({ base }, i) => subnets.findIndex((other) => other.base.family === base.family) < i);
  if (twice !== undefined) {
    throw new TsrunError('USAGE', 'cannot make a network of two subnets of one kind', {
      why: `${spell('subnets')} is given twice for IPv${twice.base.family}`,
      hint: 'make two networks: a container can be on both',
    });
  }
  if (subnets.length === 0 && gateways.length + ranges.length > 0) {
    throw new TsrunError('USAGE', `${spell('gateways')} and ${spell('ipRanges')} need ${spell('subnets')}`, {
      why: 'they are parts of it',
      hint: 'add for example 10.80.0.0/24',
    });
  }
  return subnets
    .toSorted((one, other) => one.base.family - other.base.family)
    .map((each) => ({
      subnet: each,
      gateway: gateways.find((text) => text.includes(':') === (each.base.family === 6)) ?? null,
      range: ranges.find(({ base }) => contains(each, base) || base.family === each.base.family) ?? null,
    }));
}

function parse(text: string, name: OptionName): Subnet {
  const subnet = parseSubnet(text);
  if (subnet !== null && subnet.prefix > 0) return subnet;
  throw badValue(name, text, 'it is not a subnet', 'write its first address and its size: 10.80.0.0/24');
}

function parseBridge(value: string, name: OptionName): string {
  if (isInterfaceName(value)) return value;
  throw badValue(name, value, 'no interface can have that name', 'use at most 15 letters and digits');
}
