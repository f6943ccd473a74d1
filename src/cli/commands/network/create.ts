/** `tsrun network create NAME`. */
import type { Command } from 'commander';
import { badValue } from '../../../container/request/bad-value.ts';
import { parseKeyValues } from '../../../container/request/key-value.ts';
import { type NetworkOptions, parseNetworkRequest } from '../../../container/request/network-create.ts';
import { parseOneOf } from '../../../container/request/one-of.ts';
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
  vxlan: '--opt',
  macvlan: '--opt',
  labels: '--label',
};

export function define(command: Command, { session }: CommandContext): void {
  command
    .argument('<new-name>', 'letters, digits, _ . -')
    .option('-d, --driver <driver>', 'bridge; vxlan: several hosts; macvlan: on the wire', 'bridge')
    .option('--subnet <subnet>', 'its addresses, 10.80.0.0/24; one of IPv4 and one of IPv6', append, [])
    .option('--gateway <address>', 'the host in that subnet; nothing: its first address', append, [])
    .option('--ip-range <subnet>', 'containers get addresses of this part of the subnet', append, [])
    .option('--internal', 'its containers reach nobody else')
    .option('--ipv6', 'IPv6 addresses too')
    .option('--label <label>', 'attach a label: KEY or KEY=VALUE', append, [])
    .option(
      '-o, --opt <option>',
      'mtu=1400, bridge=NAME; vxlan: vni=N, peers=ADDRESS, local=ADDRESS, dev=NAME, port=N; macvlan: parent=NAME, macvlan_mode=private',
      append,
      [],
    )
    .action((name: string, flags: Flags) => {
      const driver = parseOneOf(flags.driver, ['bridge', 'vxlan', 'macvlan'], '--driver');
      const {
        subnet: subnets,
        gateway: gateways,
        ipRange: ipRanges,
        label: labels,
        internal = false,
        ipv6 = false,
      } = flags;
      const options = parseKeyValues(flags.opt, { bareValue: null, example: 'mtu=1400' }, '--opt');
      const given = { subnets, gateways, ipRanges, internal, ipv6, labels, ...driverOptions(driver, options) };
      const network = makeNetwork(
        session.paths(),
        parseNetworkRequest(name, given, options, (option) => flagOf[option]),
      );
      print(network.id);
    });
}

/** docker's long names too. */
function driverOptions(
  driver: keyof typeof optionsOf,
  options: Readonly<Record<string, string>>,
): Pick<NetworkOptions, 'mtu' | 'bridge' | 'vxlan' | 'macvlan'> {
  const given = new Map(Object.entries(options).map(([key, value]) => [longNames.get(key) ?? key, value]));
  const known: readonly string[] = optionsOf[driver];
  const unknown = Object.entries(options).find(([key]) => !known.includes(longNames.get(key) ?? key));
  if (unknown !== undefined) {
    const [key, value] = unknown;
    throw badValue(
      '--opt',
      `${key}=${value}`,
      `"${key}" is no option of ${driver}`,
      `the options are ${known.join(', ')}`,
    );
  }
  const one = <Key extends string, As extends string>(key: Key, as: As): { readonly [key in As]?: string } => {
    const value = given.get(key);
    return (value === undefined ? {} : { [as]: value }) as { readonly [key in As]?: string };
  };
  if (driver === 'macvlan') {
    return { ...one('mtu', 'mtu'), macvlan: { parent: given.get('parent') ?? '', ...one('macvlan_mode', 'mode') } };
  }
  const bridge = { ...one('mtu', 'mtu'), ...one('bridge', 'bridge') };
  if (driver === 'bridge') return bridge;
  const vxlan = {
    vni: given.get('vni') ?? '',
    peers: (given.get('peers') ?? '').split(',').filter((peer) => peer !== ''),
    ...one('local', 'local'),
    ...one('dev', 'device'),
    ...one('port', 'port'),
  };
  return { ...bridge, vxlan };
}

const optionsOf = {
  bridge: ['mtu', 'bridge'],
  vxlan: ['mtu', 'bridge', 'vni', 'peers', 'local', 'dev', 'port'],
  macvlan: ['parent', 'macvlan_mode', 'mtu'],
} as const;
const longNames: ReadonlyMap<string, string> = new Map([
  ['com.docker.network.driver.mtu', 'mtu'],
  ['com.docker.network.bridge.name', 'bridge'],
]);
