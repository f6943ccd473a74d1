/** `tsrun network create NAME`. */
import type { Command } from 'commander';
import { badValue } from '../../../container/request/bad-value.ts';
import { parseKeyValues } from '../../../container/request/key-value.ts';
import { type NetworkOptions, parseNetworkRequest } from '../../../container/request/network-create.ts';
import { makeNetwork } from '../../../network/make-network.ts';
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

const flagOf: Readonly<Record<keyof NetworkOptions, string>> = {
  subnets: '--subnet',
  gateways: '--gateway',
  ipRanges: '--ip-range',
  internal: '--internal',
  ipv6: '--ipv6',
  mtu: '--opt mtu',
  bridge: '--opt bridge',
  labels: '--label',
};

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
      const {
        subnet: subnets,
        gateway: gateways,
        ipRange: ipRanges,
        label: labels,
        internal = false,
        ipv6 = false,
      } = flags;
      const options = parseKeyValues(flags.opt, { bareValue: null, example: 'mtu=1400' }, '--opt');
      const given = { subnets, gateways, ipRanges, internal, ipv6, labels, ...driverOptions(options) };
      const network = makeNetwork(
        session.paths(),
        parseNetworkRequest(name, given, options, (option) => flagOf[option]),
      );
      print(network.id);
    });
}

/** docker's long names too. */
function driverOptions(options: Readonly<Record<string, string>>): Pick<NetworkOptions, 'mtu' | 'bridge'> {
  return Object.fromEntries(
    Object.entries(options).map(([key, value]) => {
      if (key === 'mtu' || key === 'com.docker.network.driver.mtu') return ['mtu', value];
      if (key === 'bridge' || key === 'com.docker.network.bridge.name') return ['bridge', value];
      throw badValue('--opt', `${key}=${value}`, `"${key}" is no option of a bridge`, 'the options are mtu and bridge');
    }),
  );
}
