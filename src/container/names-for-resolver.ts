/** What the resolver of a network is to answer, to whom, and whom it asks for the rest. */
import { readFileSync } from 'node:fs';
import { encodeNames, type NamesClient } from '../network/names-file.ts';
import type { NetworkName } from '../network/network-record.ts';
import { contains, formatSubnet } from '../network/subnet.ts';
import { parseIp } from '../plan/ip-address.ts';
import { parseResolvConf, takesResolver } from './config/network-files.ts';
import type { NamesView } from './names-view.ts';
import { readHost } from './prepare.ts';
import { dnsOf } from './resolv-conf.ts';

/** All that its containers may ask for: also of the other networks that they are on. */
export function namesFor(view: NamesView, name: NetworkName): string {
  const holders = view.holders(name);
  const seen = [...new Set(holders.flatMap((holder) => view.namedOf(holder).map(({ network }) => network)))];
  const zones = seen.flatMap((zone) => {
    const network = view.network(zone);
    if (network === null) return [];
    const hosts = view.holders(zone).flatMap((holder) => view.host(holder, zone) ?? []);
    return [{ name: zone, subnets: network.subnets.map(({ subnet }) => formatSubnet(subnet)), hosts }];
  });
  const index = new Map(zones.map((zone, place) => [zone.name, place]));
  return encodeNames({
    servers: hostServers(),
    zones,
    clients: holders.flatMap((holder) => clientFor(view, holder, name, index) ?? []),
  });
}

function clientFor(
  view: NamesView,
  holder: string,
  name: NetworkName,
  index: ReadonlyMap<NetworkName, number>,
): NamesClient | null {
  const endpoints = view.endpoints(holder);
  const addresses = endpoints.find(({ network }) => network === name)?.addresses;
  if (addresses === undefined) return null;
  const networks = endpoints.flatMap(({ network }) => view.network(network) ?? []);
  const dns = dnsOf(view.paths, holder);
  const asked = takesResolver(dns) ? addressesIn(dns.servers) : [];
  const client = { addresses, zones: view.namedOf(holder).flatMap(({ network }) => index.get(network) ?? []) };
  if (networks.some(({ reach }) => reach === 'outside')) return { ...client, reach: 'outside', servers: asked };
  // On internal networks alone: whom it reaches itself it may ask by the resolver too, and nobody else.
  const near = asked.filter((server) => {
    const address = parseIp(server);
    return address !== null && networks.some(({ subnets }) => subnets.some(({ subnet }) => contains(subnet, address)));
  });
  return { ...client, reach: near.length > 0 ? 'outside' : 'inside', servers: near };
}

/** Also at its loopback, systemd-resolved's for example: it is the host that asks them. */
const hostServers = (): readonly string[] => addressesIn(parseResolvConf(readHost('/etc/resolv.conf')).servers);

const addressesIn = (servers: readonly string[]): readonly string[] =>
  servers.filter((server) => parseIp(server.replace(/%.*/, '')) !== null).map(withScopeNumber);

/** `fe80::1%eth0`: an address of one link. A process that sees nothing of the machine cannot look up its number. */
function withScopeNumber(server: string): string {
  const [address = '', link] = server.split('%');
  if (link === undefined || !/^[\w.-]+$/.test(link)) return address;
  const index = /^\d+$/.test(link) ? link : readInterfaceIndex(link);
  return index === '' ? address : `${address}%${index}`;
}

function readInterfaceIndex(name: string): string {
  try {
    return readFileSync(`/sys/class/net/${name}/ifindex`, 'latin1').trim();
  } catch {
    return '';
  }
}
