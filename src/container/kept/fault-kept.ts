/** `network fault`: of all containers on a network, or of one on all of its networks. */
import { TsrunError } from '../../errors/tsrun-error.ts';
import type { Paths } from '../../host/paths.ts';
import { openGround } from '../../network/anchor.ts';
import type { Endpoint } from '../../network/endpoint.ts';
import { type Fault, setFault } from '../../network/fault.ts';
import { isBridged, type MacvlanNetwork, type Network, type NetworkName } from '../../network/network-record.ts';
import { listNetworks } from '../../network/network-store.ts';
import { findKept } from './find-kept.ts';
import { type KeptContainer, requireLive } from './kept-container.ts';
import { listKept } from './list-kept.ts';

/**
 * @param word a network, by its name; else a container, by its name or id
 * @returns the containers that have it now
 * @throws TsrunError CONTAINER_NOT_FOUND, CONTAINER_STATE, USAGE, HOST_UNSUPPORTED
 */
export async function faultKept(paths: Paths, word: string, fault: Fault): Promise<readonly KeptContainer[]> {
  const network = listNetworks(paths).find(({ name }) => name === word) ?? null;
  if (network !== null && !isBridged(network)) throw onTheWire(network);
  const targets = network === null ? [ofContainer(findKept(paths, word))] : ofNetwork(paths, network.name);
  using ground = await openGround(paths);
  for (const endpoint of targets.flatMap(({ endpoints }) => endpoints)) setFault(endpoint, fault, ground.space);
  return targets.map(({ container }) => container);
}

const onTheWire = ({ name, driver }: MacvlanNetwork): TsrunError =>
  new TsrunError('USAGE', `cannot disturb the network "${name}"`, {
    why: `its containers are on the wire of ${driver.parent}, and have no end on this machine that could be told to`,
    hint: 'make one of the driver bridge: tsrun network create',
  });

/**
 * The same of a network that is known, or of one container on it.
 *
 * @returns what takes it away again; a container that has ended since has none any more
 * @throws TsrunError CONTAINER_STATE when that container is not on it now; USAGE, HOST_UNSUPPORTED
 */
export async function faultOnNetwork(
  paths: Paths,
  network: Network,
  only: string | null,
  fault: Fault,
): Promise<() => Promise<void>> {
  if (!isBridged(network)) throw onTheWire(network);
  const endpoints = ofNetwork(paths, network.name)
    .filter(({ container }) => only === null || container.id === only)
    .flatMap((target) => target.endpoints);
  if (only !== null && endpoints.length === 0) {
    throw new TsrunError(
      'CONTAINER_STATE',
      `cannot disturb the network "${network.name}" for container ${only.slice(0, 12)}`,
      {
        why: 'the container is not on it now',
        hint: 'start it, or connect it with the network',
      },
    );
  }
  const set = async (now: Fault): Promise<void> => {
    using ground = await openGround(paths);
    for (const endpoint of endpoints) setFault(endpoint, now, ground.space);
  };
  await set(fault);
  return () => set({ type: 'none' });
}

interface Target {
  readonly container: KeptContainer;
  readonly endpoints: readonly Endpoint[];
}

/** Of a wire, of pasta and of plugins there is no interface of ours on the host. */
const isOurs = ({ hostName }: Endpoint): boolean => hostName !== '';

function ofContainer(container: KeptContainer): Target {
  requireLive(container, 'disturb the network of');
  const endpoints = container.endpoints.filter(isOurs);
  if (endpoints.length > 0) return { container, endpoints };
  throw new TsrunError('USAGE', `cannot disturb the network of container "${container.name}"`, {
    why: 'it is on no network of tsrun with a bridge, whose interfaces could be told to',
    hint: 'tsrun network create makes one; run --network NAME',
  });
}

function ofNetwork(paths: Paths, network: NetworkName): readonly Target[] {
  return listKept(paths)
    .filter(({ state }) => state.status === 'running' || state.status === 'paused')
    .map((container) => ({
      container,
      endpoints: container.endpoints.filter((each) => isOurs(each) && each.network === network),
    }))
    .filter(({ endpoints }) => endpoints.length > 0);
}
