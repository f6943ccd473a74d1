/** Connects the network namespace of a container that runs with a network, and takes it off again. */
import { TsrunError } from '../errors/tsrun-error.ts';
import { parseIp } from '../plan/ip-address.ts';
import type { Macvlan, Veth } from '../plan/plan.ts';
import { indexOf, must } from './kernel-network.ts';
import { deleteLink, newAddress } from './netlink/bridge.ts';
import { newMacvlan } from './netlink/macvlan.ts';
import { tryNetlink } from './netlink/send.ts';
import type { Space } from './netlink/space.ts';
import { defaultRoute, linkUp, newVeth } from './netlink/veth.ts';

/** That of a container. */
export type OtherSpace = Extract<Space, { type: 'other' }>;

const errno = { ENODEV: 19, EEXIST: 17, EOPNOTSUPP: 95 } as const;

/**
 * @param ground where the bridge is
 * @param inside the container's network namespace
 * @throws TsrunError HOST_UNSUPPORTED with nothing of it left
 */
export function plug(link: Veth | Macvlan, ground: Space, inside: OtherSpace): void {
  const { name } = link;
  make(link, ground, inside);
  try {
    const index = indexOf(name, inside);
    must(tryNetlink('route', [linkUp(index)], inside), 'cannot bring up the interface', null);
    for (const { address, prefix } of link.addresses) {
      const parsed = parseIp(address);
      if (parsed === null) continue;
      const failure = tryNetlink('route', [newAddress(index, { address: parsed, prefix })], inside);
      must(failure, 'cannot give the interface its address', null);
    }
    route(index, link.gateways, inside);
  } catch (error) {
    unplug(link.kind === 'veth' ? link.hostName : '', name, ground, inside);
    throw error;
  }
}

function make(link: Veth | Macvlan, ground: Space, inside: OtherSpace): void {
  const { name, mac, mtu } = link;
  const space = inside.network;
  if (link.kind === 'veth') {
    const bridge = indexOf(link.bridge, ground);
    const made = newVeth({ hostName: link.hostName, bridge, name, mac, space, mtu });
    must(tryNetlink('route', [made], ground), 'cannot make an interface', null);
    return;
  }
  const { mode } = link;
  const parent = indexOf(link.parent, ground);
  const failure = tryNetlink('route', [newMacvlan({ parent, name, mode, mac, mtu, space })], ground);
  if (failure?.errno === errno.EOPNOTSUPP) {
    throw new TsrunError('HOST_UNSUPPORTED', `cannot connect with the wire of ${link.parent}`, {
      why: 'the kernel has no macvlan: CONFIG_MACVLAN is off, or its module is not loaded',
      hint: 'sudo modprobe macvlan, or use a network of the driver bridge',
    });
  }
  must(failure, `cannot connect with the wire of ${link.parent}`, null);
}

/** The way out of the interface of this name, where there is no other. */
export function routeBy(name: string, gateways: readonly string[], inside: Space): void {
  route(indexOf(name, inside), gateways, inside);
}

function route(index: number, gateways: readonly string[], inside: Space): void {
  for (const gateway of gateways) {
    const parsed = parseIp(gateway);
    if (parsed === null) continue;
    must(tryNetlink('route', [defaultRoute(index, parsed)], inside), 'cannot set the default route', errno.EEXIST);
  }
}

/**
 * Takes it away, with both ends where there are two. Idempotent.
 *
 * @param hostName the end that the container cannot rename; empty: there is none
 * @param name inside
 */
export function unplug(hostName: string, name: string, ground: Space, inside: Space): void {
  const failure =
    hostName === ''
      ? tryNetlink('route', [deleteLink(name)], inside)
      : tryNetlink('route', [deleteLink(hostName)], ground);
  must(failure, `cannot remove the interface "${hostName || name}"`, errno.ENODEV);
}
