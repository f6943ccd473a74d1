/** The networks of a container: connected before its launch, given back when it has ended. */
import { join } from 'node:path';
import { TsrunError } from '../errors/tsrun-error.ts';
import type { Paths } from '../host/paths.ts';
import { type Connecting, connect, type Place } from '../network/connect.ts';
import { disconnect } from '../network/disconnect.ts';
import { type Endpoint, type EndpointRequest, vethOf } from '../network/endpoint.ts';
import { defaultNetwork, previewDefaultNetwork } from '../network/make-network.ts';
import { defaultName, type Network, type NetworkName } from '../network/network-record.ts';
import { type NetworkShell, networkShell } from '../network/network-shell.ts';
import { findNetwork } from '../network/network-store.ts';
import { claimFile } from '../network/port-claim.ts';
import { previewEndpoints } from '../network/preview-endpoints.ts';
import { isForwarded } from '../network/published-port.ts';
import { removeNetwork } from '../network/remove-network.ts';
import { tableFor } from '../network/table-name.ts';
import type { UserNamespace } from '../plan/host-facts.ts';
import { formatIp } from '../plan/ip-address.ts';
import { withNetworks } from '../plan/parent.ts';
import type { Forward, Plan } from '../plan/plan.ts';
import { containersDirectory, filesFor, isLocked } from './container-directory.ts';
import { endpointsOf, holderOf } from './network-holder.ts';
import { updateNames } from './network-names.ts';
import { type Prepared, writeFiles } from './prepare.ts';
import { hostGatewayWord } from './request/host-entry.ts';
import type { ContainerId, HostEntry, NetworksRequest, RunRequest } from './request/run-request.ts';
import { saidBefore } from './said-once.ts';

/** Somebody holds its lock: its monitor, or a command that is about to start or to remove it. */
const isAlive =
  (paths: Paths) =>
  (id: string): boolean =>
    isLocked(join(containersDirectory(paths), id));

/**
 * Connects it, and writes its names and addresses into its files. The caller holds the container's lock.
 *
 * @returns its plan, with the steps for that
 * @throws TsrunError with nothing of it left
 */
export async function connectContainer(
  paths: Paths,
  id: ContainerId,
  { network, publish, ...request }: RunRequest & { readonly network: NetworksRequest },
  prepared: Prepared,
  userns: UserNamespace,
  notice: (line: string) => void,
): Promise<Prepared> {
  const say = (line: string): void => {
    if (!saidBefore(paths, line)) notice(line);
  };
  refuseOthers();
  const places = network.endpoints.map((each): Place => ({ request: each, network: networkFor(paths, each.network) }));
  const networks = places.map((place) => place.network);
  let endpoints: readonly Endpoint[];
  try {
    const connection = await connect(connecting(paths, id), places, publish);
    for (const line of connection.notices) say(line);
    ({ endpoints } = connection);
  } catch (error) {
    // Nobody asked for one: a machine without bridges, or root of a container, runs containers all the same.
    if (network.demand !== 'best-effort' || !(error instanceof TsrunError) || error.code !== 'HOST_UNSUPPORTED')
      throw error;
    say(`the container has no network, as with --network none: ${error.message}: ${error.why}`);
    return prepared;
  }
  const extraHosts = withGateway(request.extraHosts, networks);
  writeFiles(filesFor(paths, id), { network, publish, ...request, extraHosts }, id, userns, endpoints);
  await updateNames(
    paths,
    endpoints.map((endpoint) => endpoint.network),
  );
  return { ...prepared, plan: connectedPlan(paths, prepared.plan, networks, endpoints) };
}

/** `--add-host NAME:host-gateway`: where its way out begins. */
function withGateway(hosts: readonly HostEntry[], networks: readonly Network[]): readonly HostEntry[] {
  const network = networks.find(({ reach }) => reach === 'outside') ?? networks[0];
  const gateway = network?.subnets[0]?.gateway;
  return gateway === undefined
    ? hosts
    : hosts.map((entry) => (entry.address === hostGatewayWord ? { ...entry, address: formatIp(gateway) } : entry));
}

function connectedPlan(paths: Paths, plan: Plan, networks: readonly Network[], endpoints: readonly Endpoint[]): Plan {
  const outside = networks.findIndex(({ reach }) => reach === 'outside');
  const veths = endpoints.flatMap((endpoint, index) => {
    const each = networks[index];
    return each === undefined ? [] : [vethOf(endpoint, each, index === outside)];
  });
  return withNetworks(plan, [...veths, ...forwardSteps(paths, endpoints)]);
}

/** Of what rules cannot lead to it. */
function forwardSteps(paths: Paths, endpoints: readonly Endpoint[]): readonly Forward[] {
  const ports = endpoints.flatMap(({ addresses, published }) =>
    published.filter(isForwarded).map((port) => ({
      hostPort: port.hostPort,
      address: addresses[0] ?? '',
      containerPort: port.containerPort,
      claim: claimFile(paths, port),
    })),
  );
  return ports.length === 0 ? [] : [{ kind: 'forward', ports }];
}

/** @throws TsrunError HOST_UNSUPPORTED */
function refuseOthers(): void {
  if (process.geteuid?.() === 0) return;
  throw new TsrunError('HOST_UNSUPPORTED', 'cannot connect the container with a network', {
    why: 'bridges are root’s to make, and networks of ordinary users are not built yet',
    hint: 'use --network none or host, or run as root',
  });
}

export interface PlannedConnection {
  readonly plan: Plan;
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
  { network, publish, extraHosts }: Pick<RunRequest, 'publish' | 'extraHosts'> & { readonly network: NetworksRequest },
  plan: Plan,
): Promise<PlannedConnection> {
  refuseOthers();
  const places = network.endpoints.map((request): Place => {
    const name = request.network;
    return { request, network: name === defaultName ? previewDefaultNetwork(paths) : findNetwork(paths, name) };
  });
  const networks = places.map((place) => place.network);
  const endpoints = await previewEndpoints(paths, id, places, publish);
  return {
    plan: connectedPlan(paths, plan, networks, endpoints),
    endpoints,
    extraHosts: withGateway(extraHosts, networks),
    shell: networkShell(tableFor(paths), networks, endpoints),
  };
}

/**
 * Another network for one that runs.
 *
 * @param space descriptor of its network namespace
 * @throws TsrunError with nothing of it left
 */
export async function connectRunning(
  paths: Paths,
  id: ContainerId,
  request: EndpointRequest,
  space: number,
  notice: (line: string) => void,
): Promise<void> {
  refuseOthers();
  const { connectLive } = await import('../network/connect-live.ts');
  const place = { request, network: networkFor(paths, request.network) };
  for (const line of await connectLive(connecting(paths, id), place, space)) {
    if (!saidBefore(paths, line)) notice(line);
  }
  await updateNames(paths, [request.network]);
}

/** One network less for one that runs. Idempotent. */
export async function disconnectRunning(
  paths: Paths,
  id: ContainerId,
  network: NetworkName,
  space: number,
): Promise<void> {
  refuseOthers();
  const { disconnectLive } = await import('../network/connect-live.ts');
  const names = endpointsOf(paths, id).map((endpoint) => endpoint.network);
  await disconnectLive(connecting(paths, id), network, space);
  await updateNames(paths, names);
}

const connecting = (paths: Paths, id: ContainerId): Connecting => ({
  paths,
  holder: holderOf(paths, id),
  isAlive: isAlive(paths),
});

/** Idempotent. */
export async function disconnectContainer(paths: Paths, id: string): Promise<void> {
  const names = endpointsOf(paths, id).map(({ network }) => network);
  await disconnect(paths, holderOf(paths, id));
  await updateNames(paths, names);
}

const networkFor = (paths: Paths, name: Network['name']): Network =>
  name === defaultName ? defaultNetwork(paths) : findNetwork(paths, name);

/**
 * Removes a network that nobody is connected with.
 *
 * @throws TsrunError NETWORK_IN_USE; USAGE for the one that everybody shares
 */
export const removeContainerNetwork = (paths: Paths, network: Network): Promise<void> =>
  removeNetwork(paths, network, isAlive(paths));
