/** Where a container's published ports are. */
import { endpointsOf } from '../container/network-holder.ts';
import { TsrunError } from '../errors/tsrun-error.ts';
import type { Paths } from '../host/paths.ts';
import type { Protocol } from '../network/published-port.ts';

/** A place of this machine that leads to a container. */
export interface PublishedAddress {
  /** An address to connect with, for example `127.0.0.1`. */
  readonly host: string;
  /** TCP or UDP, as it was asked for. */
  readonly port: number;
}

/**
 * @throws TsrunError USAGE when that port is not published
 */
export function publishedAddress(
  paths: Paths,
  { id, name }: { readonly id: string; readonly name: string },
  containerPort: number,
  protocol: Protocol,
): PublishedAddress {
  const ports = endpointsOf(paths, id).flatMap(({ published }) => published);
  const found = ports.find((port) => port.containerPort === containerPort && port.protocol === protocol);
  if (found !== undefined) return { host: reachable(found.hostAddress), port: found.hostPort };
  const others = [...new Set(ports.map((port) => `${port.containerPort}/${port.protocol}`))];
  throw new TsrunError('USAGE', `port ${containerPort}/${protocol} of container "${name}" is not published`, {
    why: others.length === 0 ? 'no port of it is' : `these are: ${others.join(', ')}`,
    hint: `make it with publish: ['${containerPort}${protocol === 'tcp' ? '' : `/${protocol}`}']`,
  });
}

/** All addresses are the loopback's too. */
function reachable(address: string | null): string {
  if (address === null || address === '0.0.0.0') return '127.0.0.1';
  return address === '::' ? '::1' : address;
}
