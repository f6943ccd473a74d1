/** Messages to the kernel, and its refusal as an error. */
import { addon } from '../../native/addon.ts';
import { firstFailure, type NetlinkFailure } from './answer.ts';
import { encodeMessages, type NetlinkMessage } from './message.ts';
import { told } from './witness.ts';

/** In the place of the descriptor of a network namespace. */
export const ownNamespace = -1;

/** null: the kernel has done all of it. Of `netfilter` messages the whole batch is done or nothing. */
export const tryNetlink = (
  protocol: 'route' | 'netfilter',
  messages: readonly NetlinkMessage[],
  space: number = ownNamespace,
): NetlinkFailure | null =>
  told(
    () => send(protocol, messages, space),
    (failure, nanoseconds) => ({ type: 'messages', protocol, messages, space, failure, nanoseconds }),
  );

function send(
  protocol: 'route' | 'netfilter',
  messages: readonly NetlinkMessage[],
  space: number,
): NetlinkFailure | null {
  try {
    return firstFailure(addon().netlink(protocol, encodeMessages(messages), space));
  } catch (error) {
    // A kernel without the protocol: EPROTONOSUPPORT of socket(2).
    const { errno } = error as NodeJS.ErrnoException;
    if (errno === undefined) throw error;
    return { index: 0, errno: Math.abs(errno), text: null };
  }
}
