/** Connects the network namespace of a container that runs with a bridge, and takes it off again. */
import { parseIp } from '../plan/ip-address.ts';
import type { Veth } from '../plan/plan.ts';
import { indexOf, must } from './kernel-network.ts';
import { deleteLink, newAddress } from './netlink/bridge.ts';
import { tryNetlink } from './netlink/send.ts';
import type { Space } from './netlink/space.ts';
import { defaultRoute, linkUp, newVeth } from './netlink/veth.ts';

/** That of a container. */
export type OtherSpace = Extract<Space, { type: 'other' }>;

const errno = { ENODEV: 19, EEXIST: 17 } as const;

/**
 * @param ground where the bridge is
 * @param inside the container's network namespace
 * @throws TsrunError HOST_UNSUPPORTED with nothing of it left
 */
export function plug(veth: Veth, ground: Space, inside: OtherSpace): void {
  const { hostName, name, mac, mtu } = veth;
  const bridge = indexOf(veth.bridge, ground);
  const made = newVeth({ hostName, bridge, name, mac, space: inside.network, mtu });
  must(tryNetlink('route', [made], ground), 'cannot make an interface', null);
  try {
    const index = indexOf(name, inside);
    must(tryNetlink('route', [linkUp(index)], inside), 'cannot bring up the interface', null);
    for (const { address, prefix } of veth.addresses) {
      const parsed = parseIp(address);
      if (parsed === null) continue;
      const failure = tryNetlink('route', [newAddress(index, { address: parsed, prefix })], inside);
      must(failure, 'cannot give the interface its address', null);
    }
    route(index, veth.gateways, inside);
  } catch (error) {
    unplug(hostName, ground);
    throw error;
  }
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

/** Both ends go. Idempotent. */
export function unplug(hostName: string, ground: Space): void {
  must(tryNetlink('route', [deleteLink(hostName)], ground), `cannot remove the interface "${hostName}"`, errno.ENODEV);
}
