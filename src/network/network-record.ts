/** What is known of a network: `networks/NAME.json`, written whole when it is made and never changed. */
import { formatIp, type IpAddress, parseIp } from '../plan/ip-address.ts';
import type { MacvlanMode } from '../plan/plan.ts';
import { contains, formatSubnet, parseSubnet, type Subnet } from './subnet.ts';

/** [a-zA-Z0-9][a-zA-Z0-9_.-]* as in docker. */
export type NetworkName = string & { readonly __brand: 'NetworkName' };

/** The network that containers share who ask for none by name. */
export const defaultName = 'bridge' as NetworkName;

/** A subnet, where its containers find the host in it, and from where they get addresses. */
export interface NetworkSubnet {
  readonly subnet: Subnet;
  readonly gateway: IpAddress;
  /** Addresses are given out of this part; all of it where nobody says. */
  readonly range: Subnet;
}

/** A network of several hosts, each with containers of its own on it: RFC 7348. */
export interface Vxlan {
  readonly type: 'vxlan';
  /** Number of the network, the same on each host. */
  readonly vni: number;
  /** UDP. */
  readonly port: number;
  /** Addresses of the other hosts. */
  readonly peers: readonly IpAddress[];
  /** This host's address for them; null: as its routes have it. */
  readonly local: IpAddress | null;
  /** This host's interface to them; null: as its routes have it. */
  readonly device: string | null;
}

/** A bridge, and what it is besides. */
export type BridgeDriver = { readonly type: 'bridge' } | Vxlan;

/** Its containers are on the wire of an interface of the host, each with addresses of its own there: no bridge, no rules. */
export interface MacvlanDriver {
  readonly type: 'macvlan';
  /** That interface. */
  readonly parent: string;
  readonly mode: MacvlanMode;
}

/** As docker has them, the default first. */
export const macvlanModes: readonly MacvlanMode[] = ['bridge', 'private', 'vepa', 'passthru'];

export type NetworkDriver = BridgeDriver | MacvlanDriver;

interface AnyNetwork {
  readonly name: NetworkName;
  /** 64 hex digits. */
  readonly id: string;
  /** RFC 3339. */
  readonly created: string;
  /** One of each family at most, IPv4 first. */
  readonly subnets: readonly NetworkSubnet[];
  /** `internal`: its containers reach each other and the host, and nobody else. */
  readonly reach: 'outside' | 'internal';
  readonly mtu: number;
  readonly labels: Readonly<Record<string, string>>;
  /** As they were given. */
  readonly options: Readonly<Record<string, string>>;
}

export interface BridgedNetwork extends AnyNetwork {
  readonly driver: BridgeDriver;
  /** Interface of the host that its containers are connected with, while there are any. It is made and removed by us. */
  readonly bridge: string;
}

export interface MacvlanNetwork extends AnyNetwork {
  readonly driver: MacvlanDriver;
}

export type Network = BridgedNetwork | MacvlanNetwork;

export const isBridged = (network: Network): network is BridgedNetwork => network.driver.type !== 'macvlan';

/** The interface of the host that leads to the others. */
export const tunnelName = ({ id }: Network): string => `vx-${id.slice(0, 12)}`;

export const encodeNetwork = ({ subnets, driver, ...network }: Network): string =>
  `${JSON.stringify({
    version: 1,
    ...network,
    driver: encodeDriver(driver),
    subnets: subnets.map(({ subnet, gateway, range }) => ({
      subnet: formatSubnet(subnet),
      gateway: formatIp(gateway),
      range: formatSubnet(range),
    })),
  })}\n`;

const encodeDriver = (driver: NetworkDriver): unknown =>
  driver.type !== 'vxlan'
    ? driver
    : {
        ...driver,
        peers: driver.peers.map(formatIp),
        local: driver.local === null ? null : formatIp(driver.local),
      };

/** Nothing: of a version that knew bridges alone. */
function parseDriver(value: unknown = { type: 'bridge' }): NetworkDriver | null {
  if (!isObject(value)) return null;
  const { type, vni, port, peers, local, device } = value;
  if (type === 'bridge') return { type };
  if (type === 'macvlan') return parseMacvlan(value);
  if (type !== 'vxlan' || typeof vni !== 'number' || typeof port !== 'number' || !Array.isArray(peers)) return null;
  const others = peers.map((peer: unknown) => (typeof peer === 'string' ? parseIp(peer) : null));
  const own = typeof local === 'string' ? parseIp(local) : null;
  if (!isWholeList(others) || (local !== null && own === null)) return null;
  if (device !== null && (typeof device !== 'string' || !isInterfaceName(device))) return null;
  return { type, vni, port, peers: others, local: own, device };
}

function parseMacvlan({ parent, mode }: Readonly<Record<string, unknown>>): MacvlanDriver | null {
  if (typeof parent !== 'string' || !isInterfaceName(parent)) return null;
  const known = macvlanModes.find((each) => each === mode);
  return known === undefined ? null : { type: 'macvlan', parent, mode: known };
}

const isWholeList = (values: readonly (IpAddress | null)[]): values is readonly IpAddress[] =>
  values.every((value) => value !== null);

/** null: not a whole record, or not of this version. */
export function parseNetwork(text: string): Network | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (!isObject(value) || value['version'] !== 1) return null;
  const { name, id, created, bridge, subnets, reach, mtu, labels, options } = value;
  if (typeof name !== 'string' || !isNetworkName(name)) return null;
  if (typeof id !== 'string' || typeof created !== 'string' || typeof mtu !== 'number') return null;
  if (reach !== 'outside' && reach !== 'internal') return null;
  if (!isTexts(labels) || !isTexts(options) || !Array.isArray(subnets)) return null;
  const parsed = subnets.map(parseNetworkSubnet);
  if (!isWhole(parsed)) return null;
  const driver = parseDriver(value['driver']);
  if (driver === null) return null;
  const network: AnyNetwork = { name, id, created, subnets: parsed, reach, mtu, labels, options };
  if (driver.type === 'macvlan') return { ...network, driver };
  return typeof bridge === 'string' && isInterfaceName(bridge) ? { ...network, driver, bridge } : null;
}

function parseNetworkSubnet(value: unknown): NetworkSubnet | null {
  if (!isObject(value) || !isTexts(value)) return null;
  const subnet = parseSubnet(value['subnet'] ?? '');
  const gateway = parseIp(value['gateway'] ?? '');
  const range = parseSubnet(value['range'] ?? '');
  if (subnet === null || gateway === null || range === null) return null;
  return contains(subnet, gateway) && contains(subnet, range.base) ? { subnet, gateway, range } : null;
}

const isWhole = (values: readonly (NetworkSubnet | null)[]): values is readonly NetworkSubnet[] =>
  values.length > 0 && values.every((value) => value !== null);

export const isNetworkName = (text: string): text is NetworkName => /^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,254}$/.test(text);

/** At most 15 bytes, which is what the kernel keeps. */
export const isInterfaceName = (text: string): boolean => /^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,14}$/.test(text);

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

const isTexts = (value: unknown): value is Readonly<Record<string, string>> =>
  isObject(value) && Object.values(value).every((text) => typeof text === 'string');
