/** A port of the host that leads to a container. */

export type Protocol = 'tcp' | 'udp' | 'sctp';

export interface PublishedPort {
  readonly protocol: Protocol;
  /** Address of the host; null: all of them. */
  readonly hostAddress: string | null;
  readonly hostPort: number;
  readonly containerPort: number;
}

/** No rule leads it to the container: packets to ::1 never leave the loopback. A process passes on what comes (native/forward). */
export const isForwarded = (port: PublishedPort): port is PublishedPort & { readonly protocol: 'tcp' | 'udp' } =>
  port.hostAddress === loopbacks[6] && port.protocol !== 'sctp';

/** Addresses that this machine alone reaches. */
export const loopbacks = { 4: '127.0.0.1', 6: '::1' } as const;

export const isPublishedPorts = (value: unknown): value is readonly PublishedPort[] =>
  Array.isArray(value) && value.every(isPublishedPort);

function isPublishedPort(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { protocol, hostAddress, hostPort, containerPort } = value as Readonly<Record<string, unknown>>;
  return (
    (protocol === 'tcp' || protocol === 'udp' || protocol === 'sctp') &&
    (hostAddress === null || typeof hostAddress === 'string') &&
    isPort(hostPort) &&
    isPort(containerPort)
  );
}

const isPort = (value: unknown): boolean =>
  typeof value === 'number' && Number.isInteger(value) && value > 0 && value < 65536;
