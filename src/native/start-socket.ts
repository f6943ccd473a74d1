/** The start of a created container: a listening socket that its init inherits, and the word that sets it going. */
import { addon } from './addon.ts';
import { encodeMessage, type MonitorMessage, parseMessage } from './messages.ts';

/**
 * Makes the socket of the step `wait-start`.
 * @returns a descriptor, close-on-exec, for MonitorRequest.keep
 * @throws Error with `errno`, EADDRINUSE for one
 */
export const listenForStart = (path: string): number => addon().listenPackets(path);

export interface StartEvents {
  /** A step failed before the command ran. `fd`: the container's root, or -1; it belongs to the listener. */
  failed(message: MonitorMessage, fd: number): void;
  /** The connection has ended: the command runs, unless a step failed. */
  closed(): void;
}

/**
 * Connects to a created container and says go.
 *
 * @returns a function that lets a failed init end, after its root was looked at
 * @throws Error with `errno`: ECONNREFUSED when nobody waits there any more, ENOENT when the socket was removed
 */
export function sayGo(path: string, events: StartEvents): () => void {
  const channel = addon().connectPackets(
    path,
    (packet, fds) => events.failed(parseMessage(packet), fds[0] ?? -1),
    () => events.closed(),
  );
  channel.send(encodeMessage({ type: 'go' }));
  return () => void channel.send(encodeMessage({ type: 'acknowledge' }));
}
