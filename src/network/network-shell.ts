/** What connects a container with networks, as commands of iproute2 and nft(8): around the steps of its plan. */
import { formatIp, parseIp } from '../plan/ip-address.ts';
import { bridgeMac, type Endpoint } from './endpoint.ts';
import { sets } from './firewall.ts';
import { tableText } from './firewall-text.ts';
import type { NftTable } from './netlink/nftables.ts';
import { type BridgedNetwork, isBridged, type Network, tunnelName } from './network-record.ts';
import { isForwarded, type PublishedPort } from './published-port.ts';
import { formatSubnet } from './subnet.ts';

export interface NetworkShell {
  /** Before the container; what is there already is left as it is. */
  readonly setUp: readonly string[];
  /** After it; what was there before stays. */
  readonly cleanUp: readonly string[];
}

export const noNetworkShell: NetworkShell = { setUp: [], cleanUp: [] };

/** @param endpoints of the networks, in their order */
export function networkShell(table: NftTable, all: readonly Network[], endpoints: readonly Endpoint[]): NetworkShell {
  const networks = all.filter(isBridged);
  // On a wire of the host's there is nothing to be made around the container.
  if (networks.length === 0) return noNetworkShell;
  const place = `${table.family} ${table.name}`;
  const rows = [
    ...networks.flatMap(networkRows),
    ...endpoints.flatMap(({ published, addresses }) => published.flatMap((port) => portRows(port, addresses))),
  ];
  return {
    setUp: [
      '# The rules between containers and everything else, and this network in them.',
      `if ! nft list table ${place} >/dev/null 2>&1; then`,
      "nft -f - <<'RULES'",
      ...tableText(table),
      'RULES',
      'rules=made',
      'fi',
      ...rows.map(([set, element]) => `nft add element ${place} ${set} '{ ${element} }'`),
      ...networks.flatMap(bridgeLines),
      ...networks.flatMap(tunnelLines),
      `# tsrun also lets each port of the bridge send as its own container alone: nft list table bridge ${table.name}`,
      '# What leaves the machine has to be forwarded: sysctl net.ipv4.ip_forward=1',
    ],
    cleanUp: [
      ...networks.flatMap((network) =>
        network.driver.type === 'vxlan'
          ? [`case " $bridges " in *' ${tunnelName(network)} '*) ip link delete ${tunnelName(network)} ;; esac`]
          : [],
      ),
      ...networks.map(({ bridge }) => `case " $bridges " in *' ${bridge} '*) ip link delete ${bridge} ;; esac`),
      ...endpoints.flatMap(({ published, addresses }) =>
        published.flatMap((port) =>
          portRows(port, addresses).map(
            ([set, element]) => `nft delete element ${place} ${set} '{ ${element} }' || true`,
          ),
        ),
      ),
      `[ -z "$rules" ] || nft delete table ${place}`,
    ],
  };
}

type Row = readonly [set: string, element: string];

function networkRows({ bridge, reach, subnets }: BridgedNetwork): readonly Row[] {
  return [
    [sets.bridges, `"${bridge}"`],
    [sets.sameBridge, `"${bridge}" . "${bridge}"`],
    ...(reach === 'internal' ? ([[sets.internal, `"${bridge}"`]] as const) : []),
    ...subnets.map(({ subnet }) => [sets.subnets(subnet.base.family), formatSubnet(subnet)] as const),
  ];
}

function portRows(port: PublishedPort, addresses: readonly string[]): readonly Row[] {
  if (isForwarded(port)) return [];
  const { protocol, hostAddress, hostPort, containerPort } = port;
  const at = hostAddress === null ? null : parseIp(hostAddress);
  return addresses.flatMap((text): readonly Row[] => {
    const address = parseIp(text);
    if (address === null || (at !== null && at.family !== address.family)) return [];
    const to = `${text} . ${containerPort}`;
    return at === null
      ? [[sets.published(address.family), `${protocol} . ${hostPort} : ${to}`]]
      : [[sets.publishedAt(address.family), `${formatIp(at)} . ${protocol} . ${hostPort} : ${to}`]];
  });
}

/** To the other hosts: a port of the bridge, and where it sends what is for everybody. */
function tunnelLines(network: BridgedNetwork): readonly string[] {
  const { driver, bridge, mtu } = network;
  if (driver.type !== 'vxlan') return [];
  const name = tunnelName(network);
  const { vni, port, local, device, peers } = driver;
  const from = `${local === null ? '' : ` local ${formatIp(local)}`}${device === null ? '' : ` dev ${device}`}`;
  return [
    `if ! ip link show dev ${name} >/dev/null 2>&1; then`,
    `ip link add ${name} mtu ${mtu} master ${bridge} type vxlan id ${vni} dstport ${port}${from}`,
    `bridges="$bridges ${name}"`,
    ...peers.map((peer) => `bridge fdb append 00:00:00:00:00:00 dev ${name} dst ${formatIp(peer)}`),
    `ip link set dev ${name} up`,
    'fi',
  ];
}

function bridgeLines({ name, bridge, mtu, subnets }: BridgedNetwork): readonly string[] {
  return [
    `# The bridge of the network "${name}": a switch, at which the host has the address of the gateway.`,
    `if ! ip link show dev ${bridge} >/dev/null 2>&1; then`,
    `ip link add ${bridge} address ${bridgeMac({ subnets })} mtu ${mtu} type bridge`,
    `bridges="$bridges ${bridge}"`,
    ...subnets.map(({ gateway, subnet }) => {
      const nodad = gateway.family === 6 ? ' nodad' : '';
      return `ip address add ${formatIp(gateway)}/${subnet.prefix} dev ${bridge}${nodad}`;
    }),
    `ip link set dev ${bridge} up`,
    `echo 1 > /proc/sys/net/ipv4/conf/${bridge}/route_localnet`,
    `echo 1 > /proc/sys/net/ipv4/conf/${bridge}/forwarding`,
    'fi',
  ];
}
