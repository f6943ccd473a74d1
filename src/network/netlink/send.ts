/** Messages to the kernel, and its refusal as an error. */
import { addon } from '../../native/addon.ts';
import { firstFailure, type NetlinkFailure } from './answer.ts';
import { encodeMessages, type NetlinkMessage } from './message.ts';
import type { Space } from './space.ts';
import { told } from './witness.ts';

/** What the kernel answers. @throws Error with errno, as the addon does */
export function askKernel(
  protocol: 'route' | 'netfilter',
  messages: readonly NetlinkMessage[],
  space: Space,
): Uint8Array {
  switch (space.type) {
    case 'own':
      return addon().netlink(protocol, encodeMessages(messages), -1, -1);
    case 'other':
      return addon().netlink(protocol, encodeMessages(messages), space.network, space.users);
    case 'gone':
      return new Uint8Array();
  }
}

/** null: the kernel has done all of it. Of `netfilter` messages the whole batch is done or nothing. */
export const tryNetlink = (
  protocol: 'route' | 'netfilter',
  messages: readonly NetlinkMessage[],
  space: Space,
): NetlinkFailure | null =>
  told(
    () => send(protocol, messages, space),
    (failure, nanoseconds) => ({ type: 'messages', protocol, messages, space, failure, nanoseconds }),
  );

function send(
  protocol: 'route' | 'netfilter',
  messages: readonly NetlinkMessage[],
  space: Space,
): NetlinkFailure | null {
  try {
    return firstFailure(askKernel(protocol, messages, space));
  } catch (error) {
    // A kernel without the protocol: EPROTONOSUPPORT of socket(2).
    const { errno } = error as NodeJS.ErrnoException;
    if (errno === undefined) throw error;
    return { index: 0, errno: Math.abs(errno), text: null };
  }
}
