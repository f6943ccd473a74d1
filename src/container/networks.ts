/** The networks of a container: connected before its launch, given back when it has ended. */
import { join } from 'node:path';
import { TsrunError } from '../errors/tsrun-error.ts';
import type { Paths } from '../host/paths.ts';
import { connect, disconnect } from '../network/connect.ts';
import { vethOf } from '../network/endpoint.ts';
import { defaultNetwork } from '../network/make-network.ts';
import { defaultName, type Network } from '../network/network-record.ts';
import { findNetwork } from '../network/network-store.ts';
import { removeNetwork } from '../network/remove-network.ts';
import type { UserNamespace } from '../plan/host-facts.ts';
import { withVeths } from '../plan/parent.ts';
import { containersDirectory, filesFor, isLocked } from './container-directory.ts';
import { endpointsOf, holderOf } from './network-holder.ts';
import { updateNames } from './network-names.ts';
import { type Prepared, writeFiles } from './prepare.ts';
import type { ContainerId, RunRequest } from './request/run-request.ts';

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
  { network, publish, ...request }: RunRequest,
  prepared: Prepared,
  userns: UserNamespace,
): Promise<Prepared> {
  if (typeof network === 'string') return prepared;
  if (process.geteuid?.() !== 0) {
    throw new TsrunError('HOST_UNSUPPORTED', 'cannot connect the container with a network', {
      why: 'bridges are root’s to make, and networks of ordinary users are not built yet',
      hint: 'use --network none or host, or run as root',
    });
  }
  const networks = network.endpoints.map((each) => networkFor(paths, each.network));
  const endpoints = await connect(paths, holderOf(paths, id), network.endpoints, networks, publish, isAlive(paths));
  writeFiles(filesFor(paths, id), { network, publish, ...request }, id, userns, endpoints);
  await updateNames(
    paths,
    endpoints.map((endpoint) => endpoint.network),
  );
  const outside = networks.findIndex(({ reach }) => reach === 'outside');
  const veths = endpoints.flatMap((endpoint, index) => {
    const each = networks[index];
    return each === undefined ? [] : [vethOf(endpoint, each, index === outside)];
  });
  return { ...prepared, plan: withVeths(prepared.plan, veths) };
}

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
