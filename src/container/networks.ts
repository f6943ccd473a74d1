/** The networks of a container: connected before its launch, given back when it has ended. */
import { join } from 'node:path';
import { TsrunError } from '../errors/tsrun-error.ts';
import type { Paths } from '../host/paths.ts';
import { connect, disconnect, type Holder, readEndpoints } from '../network/connect.ts';
import { type Endpoint, vethOf } from '../network/endpoint.ts';
import { defaultNetwork } from '../network/make-network.ts';
import { defaultName, type Network } from '../network/network-record.ts';
import { findNetwork } from '../network/network-store.ts';
import { removeNetwork } from '../network/remove-network.ts';
import type { UserNamespace } from '../plan/host-facts.ts';
import { withVeths } from '../plan/parent.ts';
import { containersDirectory, endpointsFile, filesFor, isLocked } from './container-directory.ts';
import { type Prepared, writeFiles } from './prepare.ts';
import type { ContainerId, RunRequest } from './request/run-request.ts';

const holderOf = (paths: Paths, id: string): Holder => ({
  id,
  file: join(containersDirectory(paths), id, endpointsFile),
});

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
  const outside = networks.findIndex(({ reach }) => reach === 'outside');
  const veths = endpoints.flatMap((endpoint, index) => {
    const each = networks[index];
    return each === undefined ? [] : [vethOf(endpoint, each, index === outside)];
  });
  return { ...prepared, plan: withVeths(prepared.plan, veths) };
}

/** Idempotent. */
export const disconnectContainer = (paths: Paths, id: string): Promise<void> => disconnect(paths, holderOf(paths, id));

const networkFor = (paths: Paths, name: Network['name']): Network =>
  name === defaultName ? defaultNetwork(paths) : findNetwork(paths, name);

/** Where it is, or is about to be. */
export const endpointsOf = (paths: Paths, id: string): readonly Endpoint[] => readEndpoints(holderOf(paths, id));

/**
 * Removes a network that nobody is connected with.
 *
 * @throws TsrunError NETWORK_IN_USE; USAGE for the one that everybody shares
 */
export const removeContainerNetwork = (paths: Paths, network: Network): Promise<void> =>
  removeNetwork(paths, network, isAlive(paths));
