/** Connects the network namespace of a container that runs with a bridge, and takes it off again. */
import { parseIp } from '../plan/ip-address.ts';
import type { Veth } from '../plan/plan.ts';
import { indexOf, must } from './kernel-network.ts';
import { deleteLink, newAddress } from './netlink/bridge.ts';
import { ownNamespace, tryNetlink } from './netlink/send.ts';
import { defaultRoute, linkUp, newVeth } from './netlink/veth.ts';

const errno = { ENODEV: 19, EEXIST: 17 } as const;

/**
 * @param space descriptor of the container's network namespace
 * @throws TsrunError HOST_UNSUPPORTED with nothing of it left
 */
export function plug(veth: Veth, space: number): void {
  const { hostName, name, mac, mtu } = veth;
  const bridge = indexOf(veth.bridge, ownNamespace);
  must(tryNetlink('route', [newVeth({ hostName, bridge, name, mac, space, mtu })]), 'cannot make an interface', null);
  try {
    const index = indexOf(name, space);
    must(tryNetlink('route', [linkUp(index)], space), 'cannot bring up the interface', null);
    for (const { address, prefix } of veth.addresses) {
      const parsed = parseIp(address);
      if (parsed === null) continue;
      const failure = tryNetlink('route', [newAddress(index, { address: parsed, prefix })], space);
      must(failure, 'cannot give the interface its address', null);
    }
    route(index, veth.gateways, space);
  } catch (error) {
    unplug(hostName);
    throw error;
  }
}

/** The way out of the interface of this name, where there is no other. */
export function routeBy(name: string, gateways: readonly string[], space: number): void {
  route(indexOf(name, space), gateways, space);
}

function route(index: number, gateways: readonly string[], space: number): void {
  for (const gateway of gateways) {
    const parsed = parseIp(gateway);
    if (parsed === null) continue;
    must(tryNetlink('route', [defaultRoute(index, parsed)], space), 'cannot set the default route', errno.EEXIST);
  }
}

/** Both ends go. Idempotent. */
export function unplug(hostName: string): void {
  must(tryNetlink('route', [deleteLink(hostName)]), `cannot remove the interface "${hostName}"`, errno.ENODEV);
}
