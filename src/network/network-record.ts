/** What is known of a network: `networks/NAME.json`, written whole when it is made and never changed. */
import { formatIp, type IpAddress, parseIp } from '../plan/ip-address.ts';
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

export interface Network {
  readonly name: NetworkName;
  /** 64 hex digits. */
  readonly id: string;
  /** RFC 3339. */
  readonly created: string;
  /** Interface of the host that its containers are connected with, while there are any. */
  readonly bridge: string;
  /** One of each family at most, IPv4 first. */
  readonly subnets: readonly NetworkSubnet[];
  /** `internal`: its containers reach each other and the host, and nobody else. */
  readonly reach: 'outside' | 'internal';
  readonly mtu: number;
  readonly labels: Readonly<Record<string, string>>;
  /** As they were given. */
  readonly options: Readonly<Record<string, string>>;
}

export const encodeNetwork = ({ subnets, ...network }: Network): string =>
  `${JSON.stringify({
    version: 1,
    ...network,
    subnets: subnets.map(({ subnet, gateway, range }) => ({
      subnet: formatSubnet(subnet),
      gateway: formatIp(gateway),
      range: formatSubnet(range),
    })),
  })}\n`;

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
  if (typeof bridge !== 'string' || !isInterfaceName(bridge)) return null;
  if (reach !== 'outside' && reach !== 'internal') return null;
  if (!isTexts(labels) || !isTexts(options) || !Array.isArray(subnets)) return null;
  const parsed = subnets.map(parseNetworkSubnet);
  if (!isWhole(parsed)) return null;
  return { name, id, created, bridge, subnets: parsed, reach, mtu, labels, options };
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
