/** The way of a vxlan network to its other hosts, while containers of this one are connected: a port of the bridge. */
import { TsrunError } from '../errors/tsrun-error.ts';
import { formatIp } from '../plan/ip-address.ts';
import { indexOf, must } from './kernel-network.ts';
import { deleteLink } from './netlink/bridge.ts';
import { tryNetlink } from './netlink/send.ts';
import { ownSpace } from './netlink/space.ts';
import { newPeer, newVxlan } from './netlink/vxlan.ts';
import { type BridgedNetwork, tunnelName, type Vxlan } from './network-record.ts';

const errno = { EEXIST: 17, ENODEV: 19 } as const;

/** Behind the bridge. Idempotent, also while others do the same. */
export function raiseTunnel(network: BridgedNetwork): void {
  const { driver, mtu, bridge } = network;
  if (driver.type !== 'vxlan') return;
  const name = tunnelName(network);
  const { vni, port, local, peers } = driver;
  const ends = {
    name,
    bridge: indexOf(bridge, ownSpace),
    mtu,
    vni,
    port,
    local,
    device: deviceOf(network, driver),
  };
  const failure = tryNetlink('route', [newVxlan(ends)], ownSpace);
  const index = indexOf(name, ownSpace);
  // Of that name it is ours; of no name it is another of the same number.
  if (failure?.errno === errno.EEXIST && index === 0) throw numberTaken(network, driver);
  must(failure, `cannot make the tunnel of the network "${network.name}"`, errno.EEXIST);
  for (const peer of peers) {
    const refused = tryNetlink('route', [newPeer(index, peer)], ownSpace);
    must(refused, `cannot send to the host ${formatIp(peer)}`, errno.EEXIST);
  }
}

/** Idempotent. */
export function lowerTunnel(network: BridgedNetwork): void {
  if (network.driver.type !== 'vxlan') return;
  const name = tunnelName(network);
  must(tryNetlink('route', [deleteLink(name)], ownSpace), `cannot remove the tunnel "${name}"`, errno.ENODEV);
}

function deviceOf({ name }: BridgedNetwork, { device }: Vxlan): number {
  if (device === null) return 0;
  const index = indexOf(device, ownSpace);
  if (index !== 0) return index;
  throw new TsrunError('HOST_UNSUPPORTED', `cannot make the tunnel of the network "${name}"`, {
    why: `this machine has no interface "${device}"`,
    hint: 'make the network again with another -o dev=, or without: the routes then say by which',
  });
}

const numberTaken = ({ name }: BridgedNetwork, { vni, port }: Vxlan): TsrunError =>
  new TsrunError('NETWORK_EXISTS', `cannot make the tunnel of the network "${name}"`, {
    why: `this machine has another vxlan of the number ${vni} at port ${port}: ip -d link show type vxlan`,
    hint: 'make the network again with another -o vni=, on each of its hosts',
  });
