/** `tsrun network create NAME`. */
import type { Command } from 'commander';
import { badValue } from '../../../container/request/bad-value.ts';
import { parseInteger } from '../../../container/request/integer.ts';
import { parseKeyValues } from '../../../container/request/key-value.ts';
import { parseLabels } from '../../../container/request/labels.ts';
import { TsrunError } from '../../../errors/tsrun-error.ts';
import { makeNetwork, type SubnetRequest } from '../../../network/make-network.ts';
import { isInterfaceName, isNetworkName, type NetworkName } from '../../../network/network-record.ts';
import { contains, parseSubnet, type Subnet } from '../../../network/subnet.ts';
import { append } from '../../append.ts';
import type { CommandContext } from '../../command-table.ts';
import { print } from '../../output.ts';

interface Flags {
  readonly driver: string;
  readonly subnet: readonly string[];
  readonly gateway: readonly string[];
  readonly ipRange: readonly string[];
  readonly internal?: boolean;
  readonly ipv6?: boolean;
  readonly label: readonly string[];
  readonly opt: readonly string[];
}

export function define(command: Command, { session }: CommandContext): void {
  command
    .argument('<new-name>', 'letters, digits, _ . -')
    .option('-d, --driver <driver>', 'bridge is the only one', 'bridge')
    .option('--subnet <subnet>', 'its addresses, 10.80.0.0/24; one of IPv4 and one of IPv6', append, [])
    .option('--gateway <address>', 'the host in that subnet; nothing: its first address', append, [])
    .option('--ip-range <subnet>', 'containers get addresses of this part of the subnet', append, [])
    .option('--internal', 'its containers reach nobody else')
    .option('--ipv6', 'IPv6 addresses too')
    .option('--label <label>', 'attach a label: KEY or KEY=VALUE', append, [])
    .option('-o, --opt <option>', 'mtu=1400, or bridge=NAME for the interface of the host', append, [])
    .action((name: string, flags: Flags) => {
      if (flags.driver !== 'bridge') {
        throw badValue('--driver', flags.driver, 'there is no such driver', 'use bridge, or leave it out');
      }
      const options = parseKeyValues(flags.opt, { bareValue: null, example: 'mtu=1400' }, '--opt');
      const network = makeNetwork(session.paths(), {
        name: parseName(name),
        subnets: subnetsOf(flags),
        ipv6: flags.ipv6 === true ? 'with' : 'without',
        reach: flags.internal === true ? 'internal' : 'outside',
        ...parseOptions(options),
        labels: parseLabels(flags.label, '--label'),
        options,
      });
      print(network.id);
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
function subnetsOf({ subnet, gateway, ipRange }: Flags): readonly SubnetRequest[] {
  const subnets = subnet.map((text) => parse(text, '--subnet'));
  const ranges = ipRange.map((text) => parse(text, '--ip-range'));
  const twice = subnets.find(({ base }, i) => subnets.findIndex((other) => other.base.family === base.family) < i);
  if (twice !== undefined) {
    throw new TsrunError('USAGE', 'cannot make a network of two subnets of one kind', {
      why: `--subnet is given twice for IPv${twice.base.family}`,
      hint: 'make two networks: a container can be on both',
    });
  }
  if (subnets.length === 0 && gateway.length + ranges.length > 0) {
    throw new TsrunError('USAGE', '--gateway and --ip-range need --subnet', {
      why: 'they are parts of it',
      hint: 'add for example --subnet 10.80.0.0/24',
    });
  }
  return subnets
    .toSorted((one, other) => one.base.family - other.base.family)
    .map((each) => ({
      subnet: each,
      gateway: gateway.find((text) => text.includes(':') === (each.base.family === 6)) ?? null,
      range: ranges.find(({ base }) => contains(each, base) || base.family === each.base.family) ?? null,
    }));
}

function parse(text: string, name: string): Subnet {
  const subnet = parseSubnet(text);
  if (subnet !== null && subnet.prefix > 0) return subnet;
  throw badValue(name, text, 'it is not a subnet', 'write its first address and its size: 10.80.0.0/24');
}

const mtuLimits = { least: 68, most: 65535, unit: ' bytes' } as const;

/** docker's long names too. */
function parseOptions(options: Readonly<Record<string, string>>): {
  readonly mtu: number;
  readonly bridge: string | null;
} {
  let mtu = 1500;
  let bridge: string | null = null;
  for (const [key, value] of Object.entries(options)) {
    switch (key) {
      case 'mtu':
      case 'com.docker.network.driver.mtu':
        mtu = parseInteger(value, mtuLimits, `--opt ${key}`);
        break;
      case 'bridge':
      case 'com.docker.network.bridge.name':
        if (!isInterfaceName(value)) {
          throw badValue(`--opt ${key}`, value, 'no interface can have that name', 'use at most 15 letters and digits');
        }
        bridge = value;
        break;
      default:
        throw badValue(
          '--opt',
          `${key}=${value}`,
          `"${key}" is no option of a bridge`,
          'the options are mtu and bridge',
        );
    }
  }
  return { mtu, bridge };
}
