/** `-p`: which ports of the host lead to the container. */
import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';
import { TsrunError } from '../errors/tsrun-error.ts';
import { parseIp } from '../plan/ip-address.ts';
import { freePort } from './free-port.ts';
import type { PublishRequest } from './publish-request.ts';
import type { PublishedPort } from './published-port.ts';

/** Who asks for no address gets ports that only this machine can reach. */
const loopback = '127.0.0.1';

/** Addresses that mean all of the host's. */
const anywhere: ReadonlySet<string> = new Set(['0.0.0.0', '::']);

/**
 * Fills in what is free, and makes sure that no program of the host listens there: it would wait in vain.
 *
 * @param how the ports will be led to the container
 * @throws TsrunError PORT_IN_USE
 */
export async function choosePorts(
  requests: readonly PublishRequest[],
  how: 'by-rules' | 'by-socket' = 'by-rules',
): Promise<readonly PublishedPort[]> {
  const chosen: PublishedPort[] = [];
  for (const { protocol, hostAddress, hostPort, containerPort } of requests) {
    const address = hostAddress ?? loopback;
    if (how === 'by-rules') refuseLoopback6(address, hostPort);
    else if (protocol === 'sctp') throw noSctp(hostPort);
    const port = protocol === 'sctp' ? (hostPort ?? containerPort) : await claim(protocol, address, hostPort);
    chosen.push({ protocol, hostAddress: anywhere.has(address) ? null : address, hostPort: port, containerPort });
  }
  return chosen;
}

/** Binds it for a moment. */
async function claim(protocol: 'tcp' | 'udp', address: string, port: number | null): Promise<number> {
  try {
    const bind = (tried: number): Promise<number> => (protocol === 'tcp' ? claimTcp : claimUdp)(address, tried);
    return port === null ? await freePort(bind) : await bind(port);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why: Readonly<Record<string, string>> = {
      EADDRINUSE: 'a program of this machine listens there',
      EADDRNOTAVAIL: `this machine does not have the address ${address}`,
      EACCES: 'ports below 1024 are root’s',
    };
    throw new TsrunError('PORT_IN_USE', `cannot publish port ${address}:${port ?? 0}/${protocol}`, {
      why: why[code ?? ''] ?? (error as Error).message,
      hint:
        code === 'EADDRINUSE'
          ? `ss -lnp 'sport = :${port ?? 0}' says which; choose another, or none for one that is free: -p 80`
          : 'choose another address or port',
      cause: error,
    });
  }
}

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

/** Packets to ::1 never leave the loopback, whatever rules say: somebody would have to listen there and pass on. */
function refuseLoopback6(address: string, port: number | null): void {
  const { family, value } = parseIp(address) ?? { family: 4, value: 0n };
  if (family !== 6 || value !== 1n) return;
  throw new TsrunError('NOT_YET', `cannot publish port [::1]:${port ?? 0} yet`, {
    why: 'the kernel does not translate addresses of the IPv6 loopback, and nothing of tsrun listens there',
    hint: 'publish it at 127.0.0.1, which is the default, or at another IPv6 address of this machine',
  });
}

const noSctp = (port: number | null): TsrunError =>
  new TsrunError('USAGE', `cannot publish port ${port ?? 0}/sctp`, {
    why: 'pasta passes on TCP and UDP alone',
    hint: 'run as root, on a bridge',
  });
