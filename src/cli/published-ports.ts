/** Published ports of a container, as `ps`, `port` and `inspect` show them. */
import type { KeptContainer } from '../container/kept/kept-container.ts';
import type { NetworkRequest, RunRequest } from '../container/request/run-request.ts';
import type { PublishedPort } from '../network/published-port.ts';

export const publishedPorts = ({ endpoints }: KeptContainer): readonly PublishedPort[] =>
  endpoints.flatMap(({ published }) => published);

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
