/** A connection to a bus that names us as the bus sees us. */
import { createConnection, type Socket } from 'node:net';
import { busUid } from './bus.ts';

/**
 * The library introduces itself by process.getuid(), which inside a user namespace is another id than the socket's other side has
 * from the kernel: "AUTH EXTERNAL" is refused then (D-Bus specification, Authentication Mechanisms).
 *
 * @param socket see busSocket
 */
export function connectBus(socket: string): Socket {
  const stream = createConnection(socket);
  const write: (chunk: Uint8Array | string) => boolean = stream.write.bind(stream);
  // On the object: net.Socket puts its own method back when it connects.
  stream.write = (chunk: Uint8Array | string): boolean =>
    write(typeof chunk === 'string' && chunk.startsWith('AUTH EXTERNAL ') ? introduction() : chunk);
  return stream;
}

const introduction = (): string => `AUTH EXTERNAL ${Buffer.from(String(busUid()), 'ascii').toString('hex')}\r\n`;
