/** `network fault`: of all containers on a network, or of one on all of its networks. */
import { TsrunError } from '../../errors/tsrun-error.ts';
import type { Paths } from '../../host/paths.ts';
import { openGround } from '../../network/anchor.ts';
import type { Endpoint } from '../../network/endpoint.ts';
import { type Fault, setFault } from '../../network/fault.ts';
import type { NetworkName } from '../../network/network-record.ts';
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
  const network = listNetworks(paths).find(({ name }) => name === word)?.name ?? null;
  const targets = network === null ? [ofContainer(findKept(paths, word))] : ofNetwork(paths, network);
  using ground = await openGround(paths);
  for (const endpoint of targets.flatMap(({ endpoints }) => endpoints)) setFault(endpoint, fault, ground.space);
  return targets.map(({ container }) => container);
}

interface Target {
  readonly container: KeptContainer;
  readonly endpoints: readonly Endpoint[];
}

/** Of pasta, and of plugins, there is no interface of ours. */
const isOurs = ({ hostName }: Endpoint): boolean => hostName !== '';

function ofContainer(container: KeptContainer): Target {
  requireLive(container, 'disturb the network of');
  const endpoints = container.endpoints.filter(isOurs);
  if (endpoints.length > 0) return { container, endpoints };
  throw new TsrunError('USAGE', `cannot disturb the network of container "${container.name}"`, {
    why: 'it is on no network of tsrun, whose interfaces could be told to',
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
