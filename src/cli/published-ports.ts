/** Published ports of a container, as `ps`, `port` and `inspect` show them. */
import { join } from 'node:path';
import { endpointsFile } from '../container/container-directory.ts';
import { isUp, type KeptContainer } from '../container/kept/kept-container.ts';
import type { NetworkRequest, RunRequest } from '../container/request/run-request.ts';
import type { Endpoint } from '../network/endpoint.ts';
import { readEndpoints } from '../network/endpoint-file.ts';
import type { PublishedPort } from '../network/published-port.ts';

/** Its places on networks; none when it does not run. */
export const endpointsInForce = (container: KeptContainer): readonly Endpoint[] =>
  isUp(container) ? readEndpoints({ file: join(container.path, endpointsFile) }) : [];

export const publishedPorts = (container: KeptContainer): readonly PublishedPort[] =>
  endpointsInForce(container).flatMap(({ published }) => published);

/** @example hostSide({ hostAddress: null, hostPort: 8080, ... }) // '0.0.0.0:8080' */
export function hostSide({ hostAddress, hostPort }: PublishedPort): string {
  const address = hostAddress ?? '0.0.0.0';
  return `${address.includes(':') ? `[${address}]` : address}:${hostPort}`;
}

export const containerSide = ({ containerPort, protocol }: PublishedPort): string => `${containerPort}/${protocol}`;

/** The column of `ps`. */
export const portsText = (ports: readonly PublishedPort[]): string =>
  ports.map((port) => `${hostSide(port)}->${containerSide(port)}`).join(', ');

/** The names of its networks. */
export const networkNames = ({ network }: Pick<RunRequest, 'network'>): readonly string[] =>
  typeof network === 'string'
    ? [network]
    : network.type === 'networks'
      ? network.endpoints.map((endpoint) => endpoint.network)
      : [networkWord(network)];

function networkWord(network: Exclude<NetworkRequest, string | { readonly type: 'networks' }>): string {
  if (network.type === 'container') return `container:${network.container}`;
  if (network.type === 'cni') return `cni:${network.name}`;
  return network.type === 'path' ? `ns:${network.path}` : network.type;
}
