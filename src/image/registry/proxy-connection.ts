/** Connections by way of a proxy: to the proxy for plain http, through it (CONNECT, RFC 9110 9.3.6) for TLS, which it cannot read. */
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Socket } from 'node:net';
import type { buildConnector } from 'undici';
import type { HttpProxy } from './proxy.ts';
import { ConnectionError } from './registry-error.ts';

/** How the proxy itself is spoken to. */
export interface ProxyConnection {
  readonly proxy: HttpProxy;
  /** Authorities for a proxy that is spoken to over TLS. */
  readonly ca: readonly string[];
  /** Milliseconds until its answer. */
  readonly patience: number;
  readonly signal: AbortSignal;
}

/** Plain http is the proxy's to read. @param connect reaches the proxy */
export const proxyConnector =
  (proxy: HttpProxy, connect: buildConnector.connector): buildConnector.connector =>
  (options, callback) =>
    connect(options, (...[error, socket]) => {
      if (error === null) callback(null, socket);
      else callback(proxyError(proxy, 'TSRUN_PROXY', unreached(error), error), null);
    });

/** @param last makes TLS, where it is spoken, on the socket it is given */
export const tunnelConnector =
  (through: ProxyConnection, last: buildConnector.connector): buildConnector.connector =>
  (options, callback) => {
    const { hostname, host = hostname, port } = options;
    openTunnel(through, port ? host : `${host}:443`).then(
      (httpSocket) => last({ ...options, httpSocket }, callback),
      (error: Error) => callback(error, null),
    );
  };

/** @throws ConnectionError */
function openTunnel({ proxy, ca, patience, signal }: ProxyConnection, target: string): Promise<Socket> {
  const { url, authorization } = proxy;
  return new Promise((resolve, reject) => {
    const ask = url.protocol === 'https:' ? httpsRequest : httpRequest;
    const headers = { host: target, ...(authorization === null ? {} : { 'proxy-authorization': authorization }) };
    const asked = ask(url, { method: 'CONNECT', path: target, headers, agent: false, ca: [...ca] });
    const late = setTimeout(() => asked.destroy(proxyError(proxy, 'TSRUN_PROXY_BUSY', 'does not answer')), patience);
    const giveUp = (): void => void asked.destroy(new Error('given up'));
    signal.addEventListener('abort', giveUp, { once: true });
    asked.once('close', () => {
      clearTimeout(late);
      signal.removeEventListener('abort', giveUp);
    });
    asked.once('connect', ({ statusCode = 0, statusMessage = '' }, socket) => {
      if (statusCode === 200) return resolve(socket);
      socket.destroy();
      return reject(proxyRefusal(proxy, statusCode, statusMessage));
    });
    asked.once('error', (error: NodeJS.ErrnoException) => {
      reject(error instanceof ConnectionError ? error : proxyError(proxy, 'TSRUN_PROXY', unreached(error), error));
    });
    asked.end();
  });
}

/** Of a proxy that lets nobody through, or not us. */
export const proxyRefusal = (proxy: HttpProxy, status: number, words: string): ConnectionError =>
  proxyError(proxy, status >= 500 ? 'TSRUN_PROXY_BUSY' : 'TSRUN_PROXY', `answered ${status} ${words}`.trim());

/** @param code BUSY: it may be otherwise in a moment */
const proxyError = (
  { url }: HttpProxy,
  code: 'TSRUN_PROXY' | 'TSRUN_PROXY_BUSY',
  why: string,
  cause?: unknown,
): ConnectionError => new ConnectionError(code, new Error(`the proxy "${url.host}" ${why}`, { cause }));

const unreached = (error: Error): string => `cannot be reached: ${error.message}`;
