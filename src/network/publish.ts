/** `-p`: which ports of the host lead to the container. */
import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { TsrunError } from '../errors/tsrun-error.ts';
import { formatIp, parseIp } from '../plan/ip-address.ts';
import { freePort } from './free-port.ts';
import { portOwner } from './port-owner.ts';
import type { PublishRequest } from './publish-request.ts';
import { isForwarded, loopbacks, type PublishedPort } from './published-port.ts';

/** Addresses that mean all of the host's. */
const anywhere: ReadonlySet<string> = new Set(['0.0.0.0', '::']);

/** `by-rules`: what comes to ::1 is passed on by a process, which does so for TCP and UDP. `by-plugin`: by rules of others alone. */
export type PortRoad = 'by-rules' | 'by-socket' | 'by-plugin';

/** Who has a port of the host: another container, of which a process may listen there. null: none that lives. */
export type PortHolder = (port: PublishedPort) => string | null;

/**
 * Fills in what is free, and makes sure that no program of the host listens there: it would wait in vain.
 *
 * @param how the ports will be led to the container
 * @throws TsrunError PORT_IN_USE
 */
export async function choosePorts(
  requests: readonly PublishRequest[],
  how: PortRoad,
  holderOf: PortHolder,
): Promise<readonly PublishedPort[]> {
  const chosen: PublishedPort[] = [];
  for (const request of requests) {
    for (const port of await choosePort(request, how, holderOf)) {
      if (!chosen.some((other) => isSame(port, other))) chosen.push(port);
    }
  }
  return chosen;
}

const isSame = (one: PublishedPort, other: PublishedPort): boolean =>
  one.protocol === other.protocol &&
  one.hostAddress === other.hostAddress &&
  one.hostPort === other.hostPort &&
  one.containerPort === other.containerPort;

/** One of each address. Who asks for no address gets ports that only this machine can reach, the same of IPv4 and IPv6. */
async function choosePort(
  request: PublishRequest,
  how: PortRoad,
  holderOf: PortHolder,
): Promise<readonly PublishedPort[]> {
  const { protocol, hostAddress, hostPort } = request;
  if (how === 'by-plugin' || (how === 'by-rules' && protocol === 'sctp')) refuseLoopback6(request);
  if (how === 'by-socket' && protocol === 'sctp') throw noSctp(hostPort);
  // pasta (before 2024) takes each number once, whatever the address.
  const hasBoth = hostAddress === null && how === 'by-rules' && protocol !== 'sctp';
  const address = plain(hostAddress ?? loopbacks[4]);
  if (!hasBoth) return [await published(request, address, hostPort, holderOf)];
  for (let tries = 0; ; tries++) {
    // Where one that is free here is taken there, the other one chooses.
    const [one, other] = tries % 2 === 0 ? [address, loopbacks[6]] : [loopbacks[6], address];
    const first = await published(request, one, hostPort, holderOf);
    try {
      const second = await published(request, other, first.hostPort, holderOf);
      return tries % 2 === 0 ? [first, second] : [second, first];
    } catch (error) {
      if (!(error instanceof TsrunError)) throw error;
      // A machine without IPv6 has no such address.
      const { code } = (error.cause ?? {}) as NodeJS.ErrnoException;
      if (code === 'EADDRNOTAVAIL' || code === 'EAFNOSUPPORT') return [first];
      if (hostPort !== null || tries === 20) throw error;
    }
  }
}

/** As the kernel writes it: who has the port is asked by this name. */
function plain(address: string): string {
  const parsed = parseIp(address);
  return parsed === null ? address : formatIp(parsed);
}

async function published(
  { protocol, containerPort }: PublishRequest,
  address: string,
  wanted: number | null,
  holderOf: PortHolder,
): Promise<PublishedPort> {
  const hostAddress = anywhere.has(address) ? null : address;
  if (protocol === 'sctp') return { protocol, hostAddress, hostPort: wanted ?? containerPort, containerPort };
  for (let tries = 0; ; tries++) {
    try {
      const bind = (port: number): Promise<number> => (protocol === 'tcp' ? claimTcp : claimUdp)(address, port);
      return {
        protocol,
        hostAddress,
        hostPort: await (wanted === null ? freePort(bind) : bind(wanted)),
        containerPort,
      };
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      const port = { protocol, hostAddress, hostPort: wanted ?? 0, containerPort };
      const holder = code === 'EADDRINUSE' && isForwarded(port) ? holderOf(port) : null;
      if (holder !== null) throw portInUse(port, holder);
      // The forwarder of one that was killed a moment ago is about to go with it.
      const isGoing = code === 'EADDRINUSE' && isForwarded(port) && tries < 20;
      if (!isGoing) throw notPublished(port, address, error as NodeJS.ErrnoException);
      await setTimeout(10);
    }
  }
}

/** Another container has it. */
export function portInUse({ protocol, hostAddress, hostPort }: PublishedPort, holder: string): TsrunError {
  const where = hostAddress === null ? '' : `${bracketed(hostAddress)}:`;
  return new TsrunError('PORT_IN_USE', `cannot publish port ${where}${hostPort}/${protocol}`, {
    why: `container ${holder.slice(0, 12)} has it`,
    hint: 'choose another port of the host, or leave it out for one that is free: -p 80',
  });
}

const bracketed = (address: string): string => (address.includes(':') ? `[${address}]` : address);

function notPublished(
  { protocol, hostPort }: PublishedPort,
  address: string,
  cause: NodeJS.ErrnoException,
): TsrunError {
  const owner = cause.code === 'EADDRINUSE' ? portOwner(protocol, hostPort) : null;
  const why: Readonly<Record<string, string>> = {
    EADDRINUSE:
      owner === null
        ? 'a program of this machine listens there'
        : `a program of this machine listens there: ${owner.name}, process ${owner.pid}`,
    EADDRNOTAVAIL: `this machine does not have the address ${address}`,
    EACCES: 'ports below 1024 are root’s',
  };
  return new TsrunError('PORT_IN_USE', `cannot publish port ${bracketed(address)}:${hostPort}/${protocol}`, {
    why: why[cause.code ?? ''] ?? cause.message,
    hint:
      cause.code === 'EADDRINUSE'
        ? `ss -lnp 'sport = :${hostPort}' says more; choose another, or none for one that is free: -p 80`
        : 'choose another address or port',
    cause,
  });
}

/** For a moment, as the next one. @returns the port */
async function claimTcp(host: string, port: number): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port, exclusive: true }, resolve);
  });
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : port;
}

async function claimUdp(address: string, port: number): Promise<number> {
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    socket.bind({ address, port, exclusive: true }, resolve);
  });
  const bound = socket.address().port;
  await new Promise<void>((resolve) => socket.close(resolve));
  return bound;
}

/** @throws TsrunError USAGE */
function refuseLoopback6({ protocol, hostAddress, hostPort }: PublishRequest): void {
  if (hostAddress === null || plain(hostAddress) !== loopbacks[6]) return;
  throw new TsrunError('USAGE', `cannot publish port [::1]:${hostPort ?? 0}/${protocol}`, {
    why:
      protocol === 'sctp'
        ? 'the kernel does not translate addresses of the IPv6 loopback, and tsrun passes on TCP and UDP alone'
        : 'the kernel does not translate addresses of the IPv6 loopback, and the plugin has rules alone',
    hint: 'publish it at 127.0.0.1, which is the default, or at another IPv6 address of this machine',
  });
}

const noSctp = (port: number | null): TsrunError =>
  new TsrunError('USAGE', `cannot publish port ${port ?? 0}/sctp`, {
    why: 'pasta passes on TCP and UDP alone',
    hint: 'run as root, on a bridge',
  });
