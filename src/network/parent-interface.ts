/** The interface of the host on whose wire the containers of a macvlan network are. */
import { TsrunError } from '../errors/tsrun-error.ts';
import { attributesOf, dataOf, readU32 } from './netlink/answer.ts';
import { iffUp, iflaAddress, iflaMtu, linkByName } from './netlink/bridge.ts';
import { askKernel } from './netlink/send.ts';
import { ownSpace, type Space } from './netlink/space.ts';
import type { MacvlanDriver, NetworkName } from './network-record.ts';

export interface ParentInterface {
  readonly mac: string;
  readonly mtu: number;
  readonly state: 'up' | 'down';
}

/**
 * @param name of the network, for the words of the error
 * @throws TsrunError HOST_UNSUPPORTED when it is not there
 */
export function parentOf(name: NetworkName, { parent }: MacvlanDriver): ParentInterface {
  const [link] = dataOf(askKernel('route', [linkByName(parent)], ownSpace));
  if (link === undefined) throw noParent(name, parent);
  // struct ifinfomsg has sixteen bytes, with the flags in its third word.
  const attributes = new Map(attributesOf(link.payload.subarray(16)));
  const mtu = attributes.get(iflaMtu);
  return {
    mac: (attributes.get(iflaAddress) ?? Buffer.alloc(6)).toString('hex').replace(/..(?=.)/g, '$&:'),
    mtu: mtu === undefined ? 1500 : readU32(mtu, 0),
    state: (readU32(link.payload, 8) & iffUp) === 0 ? 'down' : 'up',
  };
}

function noParent(name: NetworkName, parent: string): TsrunError {
  // The name that everybody gives to a VLAN, `eth0.10`.
  const [, device, vlan] = /^(.+)\.(\d+)$/.exec(parent) ?? [];
  return new TsrunError('HOST_UNSUPPORTED', `cannot be on the wire of the network "${name}"`, {
    why: `this machine has no interface "${parent}"`,
    hint:
      device === undefined
        ? 'ip -brief link lists those that it has, for -o parent='
        : `make it first: ip link add link ${device} name ${parent} up type vlan id ${vlan}`,
  });
}

/** @throws TsrunError HOST_UNSUPPORTED for who is not root: networks of others are in namespaces of theirs, where there is no wire */
export function requireWire(name: NetworkName, ground: Space['type']): void {
  if (ground === 'own') return;
  throw new TsrunError('HOST_UNSUPPORTED', `cannot be on the wire of the network "${name}"`, {
    why: 'only root may give containers a place on an interface of the host (macvlan)',
    hint: 'run as root, or use a network of the driver bridge',
  });
}
