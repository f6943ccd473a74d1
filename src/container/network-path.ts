/** The way of a packet out of a container and in: what `tsrun net` draws. Names are those of the kernel's own objects, as it has them now. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Paths } from '../host/paths.ts';
import { openGround } from '../network/anchor.ts';
import { defaultInterface } from '../network/choose-subnet.ts';
import type { Endpoint } from '../network/endpoint.ts';
import type { Fault } from '../network/fault.ts';
import { droppingChains } from '../network/foreign-firewall.ts';
import { indexOf } from '../network/kernel-network.ts';
import { leasesOf } from '../network/lease.ts';
import type { Space } from '../network/netlink/space.ts';
import {
  type BridgedNetwork,
  defaultName,
  isBridged,
  type MacvlanDriver,
  type Network,
  type NetworkName,
  tunnelName,
} from '../network/network-record.ts';
import { readNetwork } from '../network/network-store.ts';
import { parentOf } from '../network/parent-interface.ts';
import type { PublishedPort } from '../network/published-port.ts';
import { readFault } from '../network/read-fault.ts';
import { isServed, resolverAddress } from '../network/resolver.ts';
import { tableFor } from '../network/table-name.ts';
import { formatIp } from '../plan/ip-address.ts';
import { type CniPath, cniPath } from './cni.ts';
import { containersDirectory, readRecord } from './container-directory.ts';
import type { KeptContainer } from './kept/kept-container.ts';
import { endpointsOf } from './network-holder.ts';
import { pastaInterface } from './pasta.ts';

export type NetworkPath =
  /** It does not run: nothing of it is in the kernel. */
  | { readonly type: 'down' }
  /** Its namespace has the loopback alone. */
  | { readonly type: 'loopback' }
  | { readonly type: 'host' }
  /** Somebody else's namespace, by the word of `--network`. */
  | { readonly type: 'joined'; readonly word: string }
  | { readonly type: 'pasta'; readonly published: readonly PublishedPort[] }
  | { readonly type: 'cni'; readonly path: CniPath }
  | {
      readonly type: 'bridges';
      /** Its networks, of whatever driver. */
      readonly bridges: readonly LinkPath[];
      readonly table: string;
      readonly place: Place;
    };

/** Where bridges and rules are: on the host for root, else in the namespaces of the process that holds an ordinary user's networks. */
export type Place =
  | { readonly type: 'host' }
  | {
      readonly type: 'anchor';
      /** null: it has ended, with all that was in it. */
      readonly pid: number | null;
      /** Who brings packets out of the container and in. */
      readonly way: 'pasta' | 'none';
    };

export type LinkPath = BridgePath | WirePath;

interface AnyLinkPath {
  readonly endpoint: Endpoint;
  /** Each with the size of its subnet. On a bridge that is the host. */
  readonly gateways: readonly string[];
  /** Whether others are found by name there: in /etc/hosts, and by who answers at this address. */
  readonly names:
    | { readonly type: 'none' }
    | { readonly type: 'hosts'; readonly address: string | null; readonly answers: boolean };
  /** Others on it, by name. */
  readonly neighbours: readonly string[];
}

/** On the wire of an interface of the host. */
export interface WirePath extends AnyLinkPath {
  readonly network: Pick<Network, 'name' | 'reach' | 'mtu'> & { readonly driver: MacvlanDriver };
  readonly parent: 'up' | 'down' | 'gone';
}

export interface BridgePath extends AnyLinkPath {
  readonly network: Pick<BridgedNetwork, 'name' | 'bridge' | 'reach' | 'mtu' | 'driver'>;
  /** To other hosts of the network; null: it has none. */
  readonly tunnel: { readonly name: string; readonly vni: number; readonly peers: readonly string[] } | null;
  /** Interfaces of the host that the kernel does not have any more. */
  readonly missing: readonly string[];
  /** What `network fault` does to it. */
  readonly fault: Fault;
  /** The way on from the host; null: it has no default route, or the network is internal. */
  readonly uplink: { readonly name: string; readonly forwards: boolean } | null;
  /** Chains of other firewalls that drop what is forwarded and no rule of theirs accepts. */
  readonly foreign: readonly string[];
}

export async function networkPath(paths: Paths, container: KeptContainer): Promise<NetworkPath> {
  const { network } = container.kept.request;
  const { status } = container.state;
  if (status !== 'running' && status !== 'paused') return { type: 'down' };
  if (network === 'host') return { type: 'host' };
  if (network === 'none') return { type: 'loopback' };
  if (network.type === 'container') return { type: 'joined', word: `container:${network.container}` };
  if (network.type === 'path') return { type: 'joined', word: `ns:${network.path}` };
  if (network.type === 'cni') {
    const path = await cniPath(paths, container.id);
    return path === null ? { type: 'loopback' } : { type: 'cni', path };
  }
  const endpoints = endpointsOf(paths, container.id);
  if (network.type === 'pasta') return { type: 'pasta', published: endpoints.flatMap(({ published }) => published) };
  using ground = await openGround(paths);
  const bridges = endpoints.flatMap((endpoint) => linkPath(paths, container.id, endpoint, ground.space) ?? []);
  if (bridges.length === 0) return { type: 'loopback' };
  const place: Place =
    ground.space.type === 'own'
      ? { type: 'host' }
      : { type: 'anchor', pid: ground.pid, way: hasPasta(container.state) ? 'pasta' : 'none' };
  return { type: 'bridges', bridges, table: tableFor(paths).name, place };
}

/** Whether its interface is there. */
function hasPasta(state: KeptContainer['state']): boolean {
  if (state.status !== 'running' && state.status !== 'paused') return false;
  try {
    // Interfaces of its namespace, behind two lines of headings.
    return readFileSync(`/proc/${state.running.process.pid}/net/dev`, 'utf8').includes(` ${pastaInterface}:`);
  } catch {
    return false;
  }
}

/** null: the network has gone. */
function linkPath(paths: Paths, id: string, endpoint: Endpoint, ground: Space): LinkPath | null {
  const network = readNetwork(paths, endpoint.network);
  if (network === null) return null;
  const { name, reach, mtu, subnets } = network;
  const there: AnyLinkPath = {
    endpoint,
    gateways: subnets.map(({ gateway, subnet }) => `${formatIp(gateway)}/${subnet.prefix}`),
    names:
      name === defaultName
        ? { type: 'none' }
        : { type: 'hosts', address: resolverAddress(network), answers: isServed(paths, name) },
    neighbours: leasesOf(paths, name)
      .filter(({ holder }) => holder !== id)
      .flatMap(({ holder }) => readRecord(join(containersDirectory(paths), holder))?.name ?? [])
      .toSorted(),
  };
  const gone = (interfaces: readonly string[]): readonly string[] =>
    interfaces.filter((each) => ground.type === 'gone' || indexOf(each, ground) === 0);
  if (!isBridged(network)) {
    const { driver } = network;
    return { ...there, network: { name, reach, mtu, driver }, parent: stateOfParent(name, driver) };
  }
  const { bridge, driver } = network;
  const tunnel =
    driver.type === 'bridge' ? null : { name: tunnelName(network), vni: driver.vni, peers: driver.peers.map(formatIp) };
  const uplink = reach === 'internal' || ground.type !== 'own' ? null : defaultInterface();
  return {
    ...there,
    network: { name, bridge, reach, mtu, driver },
    tunnel,
    fault: ground.type === 'gone' ? { type: 'none' } : readFault(endpoint.hostName, ground),
    missing: gone([endpoint.hostName, bridge, ...(tunnel === null ? [] : [tunnel.name])]),
    uplink: uplink === null ? null : { name: uplink, forwards: forwards(uplink) },
    foreign: reach === 'internal' || ground.type !== 'own' ? [] : droppingChains('forward'),
  };
}

function stateOfParent(name: NetworkName, driver: MacvlanDriver): WirePath['parent'] {
  try {
    return parentOf(name, driver).state;
  } catch {
    return 'gone';
  }
}

function forwards(name: string): boolean {
  try {
    return readFileSync(`/proc/sys/net/ipv4/conf/${name}/forwarding`, 'utf8').trim() === '1';
  } catch {
    return false;
  }
}
