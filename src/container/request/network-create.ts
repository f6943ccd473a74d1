/** What `network create` and the library's `createNetwork` ask for. */
import { TsrunError } from '../../errors/tsrun-error.ts';
import type { NetworkRequest, SubnetRequest } from '../../network/make-network.ts';
import { isInterfaceName, isNetworkName, type NetworkName } from '../../network/network-record.ts';
import { contains, parseSubnet, type Subnet } from '../../network/subnet.ts';
import { badValue, type OptionName } from './bad-value.ts';
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
  /** `KEY=VALUE`, or an object. */
  readonly labels?: KeyValues;
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
  return {
    name: parseName(name),
    subnets: subnetsOf(given, spell),
    ipv6: given.ipv6 === true ? 'with' : 'without',
    reach: given.internal === true ? 'internal' : 'outside',
    mtu: given.mtu === undefined ? 1500 : parseInteger(given.mtu, mtuLimits, spell('mtu')),
    bridge: given.bridge === undefined ? null : parseBridge(given.bridge, spell('bridge')),
    labels: parseLabels(given.labels ?? [], spell('labels')),
    options,
  };
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
