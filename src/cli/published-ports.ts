/** Published ports of a container, as `ps`, `port` and `inspect` show them. */
import { join } from 'node:path';
import { endpointsFile } from '../container/container-directory.ts';
import { isUp, type KeptContainer } from '../container/kept/kept-container.ts';
import { readEndpoints } from '../network/endpoint-file.ts';
import type { PublishedPort } from '../network/published-port.ts';

/** Those that are in force: none when it does not run. */
export function publishedPorts(container: KeptContainer): readonly PublishedPort[] {
  const { path, kept } = container;
  if (typeof kept.request.network === 'string' || !isUp(container)) return [];
  return readEndpoints({ file: join(path, endpointsFile) }).flatMap(({ published }) => published);
}

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
export const networkNames = ({ kept: { request } }: Pick<KeptContainer, 'kept'>): readonly string[] =>
  typeof request.network === 'string' ? [request.network] : request.network.endpoints.map(({ network }) => network);
