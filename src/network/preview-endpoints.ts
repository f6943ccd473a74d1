/** The places on networks that a container would get. */
import type { Paths } from '../host/paths.ts';
import { chooseAddresses } from './choose-addresses.ts';
import type { Place } from './connect.ts';
import { type Endpoint, endpointFor } from './endpoint.ts';
import type { PublishRequest } from './publish-request.ts';

/** What connecting would give now. Takes nothing. */
export async function previewEndpoints(
  paths: Paths,
  id: string,
  places: readonly Place[],
  publish: readonly PublishRequest[],
  how: 'by-rules' | 'by-socket',
): Promise<readonly Endpoint[]> {
  const ports = publish.length === 0 ? [] : await (await import('./publish.ts')).choosePorts(publish, how, () => null);
  return places.map(({ request, network }, index) => {
    const published = index === 0 ? ports : [];
    const addresses = chooseAddresses(paths, request, network, () => {});
    return endpointFor(id, { request, network, published, index }, addresses);
  });
}
