/** The networks of a container: connected before its launch, given back when it has ended. */
import { closeSync } from 'node:fs';
import { join } from 'node:path';
import { TsrunError } from '../errors/tsrun-error.ts';
import type { Paths } from '../host/paths.ts';
import { closeSpace, openGround, previewAnchor, useAnchor } from '../network/anchor.ts';
import { type Connecting, connect, type Place } from '../network/connect.ts';
import { disconnect, emptyNetworks, lowerUnused } from '../network/disconnect.ts';
import { type Endpoint, type EndpointRequest, linkStep } from '../network/endpoint.ts';
import { namesFirewallNotice } from '../network/foreign-firewall.ts';
import { defaultNetwork, previewDefaultNetwork } from '../network/make-network.ts';
import { ownSpace, type Space } from '../network/netlink/space.ts';
import { defaultName, isBridged, type Network, type NetworkName } from '../network/network-record.ts';
import { type NetworkShell, networkShell, noNetworkShell } from '../network/network-shell.ts';
import { findNetwork } from '../network/network-store.ts';
import type { OtherSpace } from '../network/plug.ts';
import { claimFile } from '../network/port-claim.ts';
import { previewEndpoints } from '../network/preview-endpoints.ts';
import type { PublishRequest } from '../network/publish-request.ts';
import { isForwarded } from '../network/published-port.ts';
import { removeNetwork } from '../network/remove-network.ts';
import { resolverAddress } from '../network/resolver.ts';
import { tableFor } from '../network/table-name.ts';
import type { UserNamespace } from '../plan/host-facts.ts';
import { formatIp } from '../plan/ip-address.ts';
import { type AnchorPlace, withAnchor, withNetworks } from '../plan/parent.ts';
import type { Forward, Pasta, Plan } from '../plan/plan.ts';
import { takesResolver } from './config/network-files.ts';
import { containersDirectory, filesFor, isLocked } from './container-directory.ts';
import { endpointsOf, holderOf } from './network-holder.ts';
import { type NamesAnswered, updateNames } from './network-names.ts';
import { besideNetworks, findPasta, pastaStep } from './pasta.ts';
import { type Prepared, writeFiles } from './prepare.ts';
import { hostGatewayWord } from './request/host-entry.ts';
import type { ContainerId, HostEntry, NetworksRequest, RunRequest } from './request/run-request.ts';
import { changeResolvConf, rememberDns, writeResolvConf } from './resolv-conf.ts';
import { saidBefore } from './said-once.ts';

/** Somebody holds its lock: its monitor, or a command that is about to start or to remove it. */
const isAlive =
  (paths: Paths) =>
  (id: string): boolean =>
    isLocked(join(containersDirectory(paths), id));

/**
 * Connects it, and writes its names and addresses into its files. The caller holds the container's lock.
 *
 * @param held gets what its monitor has to hold
 * @returns its plan, with the steps for that
 * @throws TsrunError with nothing of it left
 */
export async function connectContainer(
  paths: Paths,
  id: ContainerId,
  { network, publish, ...request }: RunRequest & { readonly network: NetworksRequest },
  prepared: Prepared,
  userns: UserNamespace,
  held: number[],
  notice: (line: string) => void,
): Promise<Prepared> {
  const say = (line: string): void => {
    if (!saidBefore(paths, line)) notice(line);
  };
  const places = network.endpoints.map((each): Place => ({ request: each, network: networkFor(paths, each.network) }));
  const networks = places.map((place) => place.network);
  refuseGateway(request.extraHosts, networks);
  refusePorts(publish, networks);
  let endpoints: readonly Endpoint[];
  let steps: (plan: Plan) => Plan;
  try {
    const way = wayOut(networks, publish);
    const anchor = await useAnchor(paths);
    try {
      const connection = await connect(connecting(paths, id, anchor?.space ?? ownSpace), places, publish);
      for (const line of [...way.notices, ...connection.notices]) say(line);
      ({ endpoints } = connection);
    } catch (error) {
      if (anchor !== null) closeSync(anchor.lock);
      throw error;
    } finally {
      if (anchor !== null) closeSpace(anchor);
    }
    // The monitor holds it from now on.
    if (anchor !== null) held.push(anchor.lock);
    steps = (plan) => connectedPlan(paths, plan, networks, endpoints, anchor?.place ?? null, way.steps(endpoints));
  } catch (error) {
    // Nobody asked for one: a machine without bridges, or root of a container, runs containers all the same.
    if (network.demand !== 'best-effort' || !(error instanceof TsrunError) || error.code !== 'HOST_UNSUPPORTED')
      throw error;
    say(`the container has no network, as with --network none: ${error.message}: ${error.why}`);
    return prepared;
  }
  const extraHosts = withGateway(request.extraHosts, networks);
  writeFiles(filesFor(paths, id), { network, publish, ...request, extraHosts }, id, userns, endpoints);
  rememberDns(paths, id, request.dns);
  await nameContainer(paths, id, networks, endpoints, say);
  return { ...prepared, plan: steps(prepared.plan) };
}

/** Others find it from here on, and it has whom it asks for them. */
async function nameContainer(
  paths: Paths,
  id: ContainerId,
  networks: readonly Network[],
  endpoints: readonly Endpoint[],
  say: (line: string) => void,
): Promise<void> {
  const names = await updateNames(
    paths,
    endpoints.map((endpoint) => endpoint.network),
  );
  for (const [name, { address, why }] of names) {
    if (why === null) continue;
    say(`names on network "${name}" are in /etc/hosts alone, and nobody answers at ${address}: ${why}`);
  }
  const named = networks.filter(isBridged).find(({ name }) => names.has(name));
  const firewall = named === undefined || !isRoot() ? null : namesFirewallNotice(named.bridge);
  if (firewall !== null) say(firewall);
  writeResolvConf(paths, id, resolverAmong(endpoints, names));
}

/** @throws TsrunError HOST_UNSUPPORTED: neither from an anchor nor from a wire leads a way to the host */
function refuseGateway(hosts: readonly HostEntry[], networks: readonly Network[]): void {
  const entry = hosts.find(({ address }) => address === hostGatewayWord);
  if (entry === undefined || (isRoot() && networks.some(isBridged))) return;
  throw new TsrunError('HOST_UNSUPPORTED', `cannot use --add-host ${entry.host}:${hostGatewayWord}`, {
    why: isRoot()
      ? 'from a macvlan network the host itself is not reached: the kernel keeps the two apart'
      : 'networks of ordinary users have no gateway to the host',
    hint: isRoot()
      ? 'add a network of the driver bridge: --network bridge'
      : 'use --network host, where it is 127.0.0.1, or run as root',
  });
}

/** @throws TsrunError USAGE: what comes to a wire does not come by the host */
function refusePorts(publish: readonly PublishRequest[], [first]: readonly Network[]): void {
  if (publish.length === 0 || first === undefined || isBridged(first)) return;
  throw new TsrunError('USAGE', `cannot publish ports of a container on the network "${first.name}"`, {
    why: `it has an address of its own on the wire of ${first.driver.parent}, where all of its ports are reached, and not by this machine`,
    hint: 'leave -p out, or name a network of the driver bridge first: --network bridge',
  });
}

/** `--add-host NAME:host-gateway`: where its way out begins. */
function withGateway(hosts: readonly HostEntry[], networks: readonly Network[]): readonly HostEntry[] {
  const bridged = networks.filter(isBridged);
  const network = bridged.find(({ reach }) => reach === 'outside') ?? bridged[0];
  const gateway = network?.subnets[0]?.gateway;
  return gateway === undefined
    ? hosts
    : hosts.map((entry) => (entry.address === hostGatewayWord ? { ...entry, address: formatIp(gateway) } : entry));
}

function connectedPlan(
  paths: Paths,
  plan: Plan,
  networks: readonly Network[],
  endpoints: readonly Endpoint[],
  anchor: AnchorPlace | null,
  way: readonly Pasta[],
): Plan {
  const outside = anchor === null ? networks.findIndex(({ reach }) => reach === 'outside') : -1;
  const links = endpoints.flatMap((endpoint, index) => {
    const each = networks[index];
    return each === undefined ? [] : [linkStep(endpoint, each, index === outside)];
  });
  const forwards = anchor === null ? forwardSteps(paths, endpoints) : [];
  const whole = withNetworks(plan, [...links, ...forwards, ...way]);
  return anchor === null ? whole : withAnchor(whole, anchor);
}

/** Of what rules cannot lead to it. */
function forwardSteps(paths: Paths, endpoints: readonly Endpoint[]): readonly Forward[] {
  const ports = endpoints.flatMap(({ addresses, published }) =>
    published.filter(isForwarded).map((port) => ({
      protocol: port.protocol,
      hostPort: port.hostPort,
      address: addresses[0] ?? '',
      containerPort: port.containerPort,
      claim: claimFile(paths, port),
    })),
  );
  return ports.length === 0 ? [] : [{ kind: 'forward', ports }];
}

interface WayOut {
  readonly notices: readonly string[];
  steps(endpoints: readonly Endpoint[]): readonly Pasta[];
}

/**
 * How it reaches what is not on its networks, and how its published ports are reached: root's by the bridge and the rules, an ordinary user's
 * by pasta of its own.
 *
 * @throws TsrunError HOST_UNSUPPORTED, USAGE when ports are asked for and cannot be had
 */
function wayOut(networks: readonly Network[], publish: readonly PublishRequest[]): WayOut {
  const nothing: WayOut = { notices: [], steps: () => [] };
  if (isRoot()) return nothing;
  const isAsked = publish.length > 0;
  if (networks.every(({ reach }) => reach === 'internal')) {
    if (!isAsked) return nothing;
    throw new TsrunError('USAGE', 'cannot publish ports of a container on internal networks alone', {
      why: 'nobody but its neighbours is to reach it',
      hint: 'add a network that is not internal, or leave out -p',
    });
  }
  try {
    const program = findPasta();
    const published = (endpoints: readonly Endpoint[]) => endpoints.flatMap((endpoint) => endpoint.published);
    const demand = isAsked ? 'required' : 'best-effort';
    return {
      notices: [],
      steps: (endpoints) => [pastaStep(program, published(endpoints), besideNetworks, demand)],
    };
  } catch (error) {
    if (isAsked || !(error instanceof TsrunError)) throw error;
    return {
      ...nothing,
      notices: [`the container reaches its networks and nothing else: ${error.why}: ${error.hint}`],
    };
  }
}

const isRoot = (): boolean => process.geteuid?.() === 0;

export interface PlannedConnection {
  readonly plan: Plan;
  /** Address of who answers for names; null: nobody. */
  readonly resolver: string | null;
  readonly endpoints: readonly Endpoint[];
  readonly extraHosts: readonly HostEntry[];
  /** Around the plan. */
  readonly shell: NetworkShell;
}

/**
 * What connecting would make of the plan now, with addresses and ports that are free at the moment. Takes nothing.
 *
 * @throws TsrunError as connecting would
 */
export async function planConnection(
  paths: Paths,
  id: ContainerId,
  {
    network,
    publish,
    extraHosts,
    dns,
  }: Pick<RunRequest, 'publish' | 'extraHosts' | 'dns'> & { readonly network: NetworksRequest },
  plan: Plan,
): Promise<PlannedConnection> {
  const places = network.endpoints.map((request): Place => {
    const name = request.network;
    return { request, network: name === defaultName ? previewDefaultNetwork(paths) : findNetwork(paths, name) };
  });
  const networks = places.map((place) => place.network);
  refuseGateway(extraHosts, networks);
  refusePorts(publish, networks);
  const endpoints = await previewEndpoints(paths, id, places, publish, isRoot() ? 'by-rules' : 'by-socket');
  const way = wayOut(networks, publish).steps(endpoints);
  return {
    plan: connectedPlan(paths, plan, networks, endpoints, isRoot() ? null : await previewAnchor(paths), way),
    endpoints,
    resolver: takesResolver(dns) ? previewResolver(networks) : null,
    extraHosts: withGateway(extraHosts, networks),
    shell: isRoot() ? networkShell(tableFor(paths), networks, endpoints) : noNetworkShell,
  };
}

/** A function of its own: where there is a `using`, tsc leaves the name of an imported file as it is. */
const live = () => import('../network/connect-live.ts');

/**
 * Another network for one that runs.
 *
 * @param inside its network namespace
 * @throws TsrunError with nothing of it left
 */
export async function connectRunning(
  paths: Paths,
  id: ContainerId,
  request: EndpointRequest,
  inside: OtherSpace,
  notice: (line: string) => void,
): Promise<void> {
  const { connectLive } = await live();
  const place = { request, network: networkFor(paths, request.network) };
  using ground = await openGround(paths);
  if (ground.space.type === 'gone') throw anchorGone(request.network);
  for (const line of await connectLive(connecting(paths, id, ground.space), place, inside)) {
    if (!saidBefore(paths, line)) notice(line);
  }
  const names = await updateNames(paths, [request.network]);
  changeResolvConf(paths, id, resolverAmong(endpointsOf(paths, id), names));
}

/** One network less for one that runs. Idempotent. */
export async function disconnectRunning(
  paths: Paths,
  id: ContainerId,
  network: NetworkName,
  inside: OtherSpace,
): Promise<void> {
  const { disconnectLive } = await live();
  const names = endpointsOf(paths, id).map((endpoint) => endpoint.network);
  using ground = await openGround(paths);
  await disconnectLive(connecting(paths, id, ground.space), network, inside);
  const answered = await updateNames(paths, names);
  changeResolvConf(paths, id, resolverAmong(endpointsOf(paths, id), answered));
}

/** Where it asks: on the first of its networks with names. null: nowhere. */
function resolverAmong(endpoints: readonly Endpoint[], names: NamesAnswered): string | null {
  const found = endpoints.map(({ network }) => names.get(network)).find((answered) => answered?.why === null);
  return found?.address ?? null;
}

function previewResolver(networks: readonly Network[]): string | null {
  const addresses = networks.filter(({ name }) => name !== defaultName).map(resolverAddress);
  return addresses.find((address) => address !== null) ?? null;
}

/** Its user namespace is below another one, which no anchor of now is in. */
const anchorGone = (network: NetworkName): TsrunError =>
  new TsrunError('HOST_UNSUPPORTED', `cannot connect the container with network "${network}"`, {
    why: 'the process that held your networks was killed',
    hint: 'start the container again: tsrun restart',
  });

const connecting = (paths: Paths, id: ContainerId, ground: Space): Connecting => ({
  paths,
  holder: holderOf(paths, id),
  isAlive: isAlive(paths),
  ground,
});

/** Idempotent. */
export async function disconnectContainer(paths: Paths, id: string): Promise<void> {
  const names = endpointsOf(paths, id).map(({ network }) => network);
  using ground = await openGround(paths);
  await disconnect(paths, holderOf(paths, id), ground.space);
  await updateNames(paths, names);
}

/** Takes away bridges and rules that commands left which were killed over them. Idempotent. */
export async function lowerEmptyNetworks(paths: Paths): Promise<void> {
  using ground = await openGround(paths);
  await lowerUnused(paths, emptyNetworks(paths), ground.space);
}

const networkFor = (paths: Paths, name: Network['name']): Network =>
  name === defaultName ? defaultNetwork(paths) : findNetwork(paths, name);

/**
 * Removes a network that nobody is connected with.
 *
 * @throws TsrunError NETWORK_IN_USE; USAGE for the one that everybody shares
 */
export async function removeContainerNetwork(paths: Paths, network: Network): Promise<void> {
  using ground = await openGround(paths);
  await removeNetwork(paths, network, isAlive(paths), ground.space);
}
