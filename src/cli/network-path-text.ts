/** `net` for people: a line for each thing on the way, and where it stands in the kernel. */
import type { CniPath } from '../container/cni.ts';
import type { BridgePath, LinkPath, NetworkPath, WirePath } from '../container/network-path.ts';
import { isForwarded, type PublishedPort } from '../network/published-port.ts';
import { faultText } from './fault-text.ts';
import { containerSide, hostSide } from './published-ports.ts';

export function networkPathText(name: string, path: NetworkPath): string {
  switch (path.type) {
    case 'down':
      return `${name} does not run: nothing of it is on a network`;
    case 'loopback':
      return `${name} has its loopback alone: nothing gets out, and nothing in`;
    case 'host':
      return `${name} has the network of this machine, as it is`;
    case 'joined':
      return `${name} has the network of somebody else: ${path.word}`;
    case 'pasta':
      return [
        `${name} is on no bridge: a process pasta stands between it and sockets of yours`,
        '',
        byPasta,
        ...portLines(path.published, 'the container, by pasta', () => 'process pasta'),
      ].join('\n');
    case 'cni':
      return cniText(name, path.path);
    case 'bridges':
      return [
        ...path.bridges.map((each, index) => linkText(name, each, path, hasDefault(path.bridges, index))),
        ...placeText(path.place),
      ].join('\n\n');
  }
}

/** The default route is that of the first network that leads out. */
const hasDefault = (bridges: readonly LinkPath[], index: number): boolean =>
  bridges.findIndex(({ network }) => network.reach === 'outside') === index;

const width = 68;
const line = (label: string, text: string, where: string): string =>
  `  ${label.padEnd(7)}${where === '' ? text : `${text.padEnd(width)}  ${where}`}`;

type Bridges = Extract<NetworkPath, { type: 'bridges' }>;

/** Where commands that show it have to run. */
const placeText = (place: Bridges['place']): readonly string[] =>
  place.type === 'host' || place.pid === null
    ? []
    : [`The bridge is in namespaces of yours: nsenter --preserve-credentials -U -n -t ${place.pid} ip link`];

const linkText = (name: string, path: LinkPath, whole: Bridges, isDefault: boolean): string =>
  isWire(path) ? wireText(name, path, isDefault) : bridgeText(name, path, whole, isDefault);

const isWire = (path: LinkPath): path is WirePath => path.network.driver.type === 'macvlan';

function wireText(
  name: string,
  { endpoint, network, gateways, neighbours, names, parent: state }: WirePath,
  isDefault: boolean,
): string {
  const { addresses, interfaceName, mac } = endpoint;
  const { parent, mode } = network.driver;
  const addressList = addresses.join(' and ');
  const gateway = gateways.map((each) => each.replace(/\/.*/, '')).join(' and ');
  return [
    `${name} on ${network.name}: ${interfaceName} ${addressList}, ${mac}, mtu ${network.mtu}`,
    '',
    line('wire', `that of ${parent}, macvlan in mode ${mode}: this machine is not reached`, `ip link show ${parent}`),
    line('near', nearText(neighbours, names, mode === 'bridge' ? 'on the wire' : 'by the switch, if at all'), ''),
    isDefault
      ? line('out', `by ${gateway}, which is on the wire`, 'ip route, inside')
      : line('out', 'not by this network: another has the default route', ''),
    line('in', `whoever is on the wire reaches all ports of ${addressList}`, ''),
    ...(state === 'gone' ? [line('but', `${parent} is not there: somebody has removed it`, 'ip link')] : []),
    ...(state === 'down' ? [line('but', `${parent} is down`, `ip link show ${parent}`)] : []),
  ].join('\n');
}

function bridgeText(name: string, path: BridgePath, { table, place }: Bridges, isDefault: boolean): string {
  const { endpoint, network, gateways, tunnel, fault, missing, names, neighbours, uplink, foreign } = path;
  const { addresses, interfaceName, mac, hostName, published } = endpoint;
  const addressList = addresses.join(' and ');
  const faultLine = faultText(fault);
  const gateway = (gateways[0] ?? '').replace(/\/.*/, '');
  const lines = [
    `${name} on ${network.name}: ${interfaceName} ${addressList}, ${mac}, mtu ${network.mtu}`,
    '',
    line(
      'cable',
      `${interfaceName} inside, ${hostName} ${place.type === 'host' ? 'on the host' : 'at the bridge'}`,
      `ip link show ${hostName}`,
    ),
    line(
      'bridge',
      `${network.bridge}, ${place.type === 'host' ? 'where the host is' : 'itself'} ${gateways.join(' and ')}`,
      `ip link show ${network.bridge}`,
    ),
    ...(tunnel === null
      ? []
      : [
          line(
            'hosts',
            `${tunnel.name} to ${tunnel.peers.join(', ')}, number ${tunnel.vni}`,
            `bridge fdb show dev ${tunnel.name}`,
          ),
        ]),
    ...(faultLine === null ? [] : [line('fault', faultLine, `tc qdisc show dev ${hostName}`)]),
    line('sends', `as ${mac} and ${addressList} alone`, `nft list table bridge ${table}`),
    line('near', nearText(neighbours, names, 'over the bridge'), `nft list chain inet ${table} forward`),
    ...namesLines(names, place),
  ];
  if (network.reach === 'internal') {
    lines.push(line('out', 'to nobody else: the network is internal', `nft list chain inet ${table} forward`));
  } else if (place.type === 'anchor') {
    lines.push(place.way === 'pasta' ? byPasta : line('out', 'to nobody else: there is no pasta beside it', ''));
  } else if (!isDefault) {
    lines.push(line('out', 'not by this network: another has the default route', ''));
  } else if (uplink === null) {
    lines.push(line('out', `by ${gateway}, and no further: this machine has no default route`, 'ip route'));
  } else {
    lines.push(
      line(
        'out',
        `by ${gateway} to ${uplink.name}, with the address of this machine`,
        `nft list chain inet ${table} way-out`,
      ),
    );
  }
  const where = (port: PublishedPort): string =>
    isForwarded(port)
      ? `ss -ln${port.protocol === 'tcp' ? 't' : 'u'}p sport = :${port.hostPort}`
      : `nft list chain inet ${table} publish`;
  lines.push(
    ...(place.type === 'host'
      ? portLines(published, addresses[0] ?? '', where)
      : portLines(published, 'the container, by pasta', () => 'process pasta')),
  );
  for (const each of missing) lines.push(line('but', `${each} is not there: somebody has removed it`, 'ip link'));
  if (isDefault && uplink !== null && !uplink.forwards) {
    lines.push(line('but', `${uplink.name} does not forward`, `sysctl net.ipv4.conf.${uplink.name}.forwarding`));
  }
  for (const chain of foreign) lines.push(line('but', 'another firewall may drop it', `nft list chain ${chain}`));
  return lines.join('\n');
}

function cniText(
  name: string,
  { name: network, endpoint, gateway, plugins, hostInterfaces, complaint }: CniPath,
): string {
  const { interfaceName, addresses, mac, published } = endpoint;
  const inside = [addresses.join(' and '), mac].filter((part) => part !== '').join(', ');
  return [
    `${name} on cni:${network}: ${interfaceName} ${inside}`,
    '',
    line('made', `by ${plugins.join(', then ')}`, `/etc/cni/net.d`),
    ...hostInterfaces.map((each) => line('host', `the interface ${each}`, `ip link show ${each}`)),
    line('out', gateway === null ? 'as the plugins have set its routes' : `by ${gateway}`, 'ip route, inside'),
    ...portLines(published, addresses[0] ?? '', () => ''),
    ...(complaint === null ? [] : [line('but', complaint, '')]),
  ].join('\n');
}

const byPasta = line('out', 'by pasta, from a socket of this machine with its address', 'process pasta');

function nearText(neighbours: readonly string[], names: LinkPath['names'], way: string): string {
  if (neighbours.length === 0) return 'nobody else is on it';
  return `${neighbours.join(', ')}: ${way}, ${names.type === 'none' ? 'by address alone' : 'by name too (/etc/hosts)'}`;
}

function namesLines(names: BridgePath['names'], place: Bridges['place']): readonly string[] {
  if (names.type === 'none' || names.address === null) return [];
  return names.answers
    ? [
        line(
          'names',
          `are answered at ${names.address}, port 53`,
          place.type === 'host' ? 'ss -lunp sport = :53' : 'process tsrun:resolve',
        ),
      ]
    : [line('but', `nobody answers for names at ${names.address}: /etc/hosts has them alone`, 'process tsrun:resolve')];
}

const portLines = (
  published: readonly PublishedPort[],
  to: string,
  where: (port: PublishedPort) => string,
): readonly string[] =>
  published.length === 0
    ? [line('in', 'no port of this machine leads to it', '')]
    : published.map((port) => line('in', `${hostSide(port)} to ${to}, port ${containerSide(port)}`, where(port)));
