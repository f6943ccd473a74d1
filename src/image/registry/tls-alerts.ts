/**
 * Why the other side ended a TLS connection, RFC 8446 6. It says so once we took it for made, when it has looked at our certificate; undici tells
 * only that the connection was closed.
 */
import type { buildConnector } from 'undici';

export class TlsAlerts {
  readonly #last = new Map<string, Error>();

  /** The same, listened to. */
  watch(origin: string, connect: buildConnector.connector): buildConnector.connector {
    return (options, callback) =>
      connect(options, (...[error, socket]) => {
        if (error !== null) return callback(error, null);
        socket.once('error', (alert: NodeJS.ErrnoException) => {
          if (alert.code?.includes('_ALERT_') === true) this.#last.set(origin, alert);
        });
        return callback(null, socket);
      });
  }

  /** null: it has said nothing. */
  of(origin: string): Error | null {
    return this.#last.get(origin) ?? null;
  }
}
