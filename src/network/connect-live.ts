/** Another network for a container that runs, and one less. */
import type { Paths } from '../host/paths.ts';
import { type Connecting, type Place, raise, reachNotices, takeEndpoint } from './connect.ts';
import { lowerUnused, releaseEndpoint } from './disconnect.ts';
import { type Endpoint, linkStep } from './endpoint.ts';
import { readEndpoints, writeEndpoints } from './endpoint-file.ts';
import type { NetworkName } from './network-record.ts';
import { readNetwork } from './network-store.ts';
import { lockNetworks } from './networks-lock.ts';
import { type OtherSpace, plug, routeBy, unplug } from './plug.ts';

/**
 * @param inside its network namespace
 * @returns what keeps it from reaching others, for the person to read
 * @throws TsrunError ADDRESS_IN_USE, HOST_UNSUPPORTED; nothing of it is left
 */
export async function connectLive(
  who: Connecting,
  { request, network }: Place,
  inside: OtherSpace,
): Promise<readonly string[]> {
  const { paths, holder, ground } = who;
  try {
    using _lock = await lockNetworks(paths, 'shared');
    const all = readEndpoints(holder);
    const left = all.find((each) => each.network === network.name);
    // Of a command that was killed over it: nobody knows how far it came.
    if (left !== undefined) unmake(who, left, inside);
    const before = all.filter((each) => each !== left);
    const endpoint = takeEndpoint(who, before, { request, network, published: [], index: freeIndex(before) });
    try {
      const notices = await raise(who, network, endpoint);
      const isDefault = ground.type === 'own' && !before.some((each) => leadsOut(paths, each));
      plug(linkStep(endpoint, network, isDefault), ground, inside);
      return [...reachNotices(who, [network]), ...notices];
    } catch (error) {
      releaseEndpoint(paths, holder, endpoint, ground);
      writeEndpoints(holder, before);
      throw error;
    }
  } catch (error) {
    // What went wrong first is what the person wants to know.
    await lowerUnused(paths, [network.name], ground).catch(() => {});
    throw error;
  }
}

function unmake({ paths, holder, ground }: Connecting, endpoint: Endpoint, inside: OtherSpace): void {
  unplug(endpoint.hostName, endpoint.interfaceName, ground, inside);
  releaseEndpoint(paths, holder, endpoint, ground);
}

/** Published ports that lead there go with it; another network becomes the way out when it was that. */
export async function disconnectLive(who: Connecting, name: NetworkName, inside: OtherSpace): Promise<void> {
  const { paths, holder, ground } = who;
  {
    using _lock = await lockNetworks(paths, 'shared');
    const endpoints = readEndpoints(holder);
    const gone = endpoints.find(({ network }) => network === name);
    if (gone === undefined) return;
    const rest = endpoints.filter((each) => each !== gone);
    unmake(who, gone, inside);
    writeEndpoints(holder, rest);
    const way = ground.type === 'own' ? rest.find((each) => leadsOut(paths, each)) : undefined;
    const network = way === undefined ? null : readNetwork(paths, way.network);
    if (way !== undefined && network !== null)
      routeBy(way.interfaceName, linkStep(way, network, true).gateways, inside);
  }
  await lowerUnused(paths, [name], ground);
}

const leadsOut = (paths: Paths, { network }: Endpoint): boolean => readNetwork(paths, network)?.reach === 'outside';

/** The lowest N for which it has no interface ethN of ours. */
function freeIndex(endpoints: readonly Endpoint[]): number {
  const taken = new Set(endpoints.map(({ interfaceName }) => interfaceName));
  for (let index = 0; ; index++) if (!taken.has(`eth${index}`)) return index;
}
