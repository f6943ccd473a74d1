/** A proxy as squid is one, on loopback: it knows every name, and all of them are this machine. */
import { createServer, request } from 'node:http';
import { type AddressInfo, connect } from 'node:net';

export interface TestProxy {
  /** host:port */
  readonly host: string;
  /** What it was asked, each as "CONNECT registry.test:5000" or "GET http://registry.test:5000/v2/". */
  readonly asked: readonly string[];
  readonly close: () => Promise<void>;
}

export interface ProxySettings {
  /** `user:password` that it wants to be told; nothing: it serves anybody. */
  readonly password?: string;
  /** Whether it opens tunnels. */
  readonly tunnels: 'opened' | 'refused';
}

export async function startProxy({ password, tunnels }: ProxySettings = { tunnels: 'opened' }): Promise<TestProxy> {
  const asked: string[] = [];
  const wanted = password === undefined ? undefined : `Basic ${Buffer.from(password).toString('base64')}`;
  const isKnown = (said: string | undefined): boolean => wanted === undefined || said === wanted;
  const server = createServer((incoming, answer) => {
    asked.push(`${incoming.method} ${incoming.url}`);
    const { 'proxy-authorization': said, ...headers } = incoming.headers;
    if (!isKnown(said)) {
      answer.writeHead(407, { 'proxy-authenticate': 'Basic realm="proxy"' }).end();
      return;
    }
    const { port, pathname, search } = new URL(incoming.url ?? '');
    const on = request(
      { host: '127.0.0.1', port, path: pathname + search, method: incoming.method, headers },
      (got) => {
        answer.writeHead(got.statusCode ?? 502, got.headers);
        got.pipe(answer);
      },
    );
    on.once('error', () => answer.writeHead(502).end());
    incoming.pipe(on);
  });
  const sockets = new Set<{ destroy: () => void }>();
  server.on('connect', (incoming, socket) => {
    asked.push(`CONNECT ${incoming.url}`);
    sockets.add(socket);
    socket.on('error', () => {});
    if (!isKnown(incoming.headers['proxy-authorization'])) return socket.end('HTTP/1.1 407 Who are you\r\n\r\n');
    if (tunnels === 'refused') return socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
    const port = Number(/:(\d+)$/.exec(incoming.url ?? '')?.[1]);
    const on = connect(port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      socket.pipe(on).pipe(socket);
    });
    on.once('error', () => socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n'));
    return on.once('close', () => socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    host: `127.0.0.1:${port}`,
    asked,
    close: async () => {
      server.closeAllConnections();
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
