/** Tunnels to other hosts, vxlan (RFC 7348), by rtnetlink(7): linux/if_link.h and linux/neighbour.h. */
import { type IpAddress, ipBytes } from '../../plan/ip-address.ts';
import { iffUp, iflaInfoKind, iflaLinkInfo, iflaMtu, iflaName, linkBody, rtmNewLink } from './bridge.ts';
import { type Attribute, be16, type NetlinkMessage, nlmAck, nlmCreate, nlmExclusive, u32 } from './message.ts';

const iflaMaster = 10;
const iflaInfoData = 2;
const vxlan = { id: 1, link: 3, local4: 4, learning: 7, port: 15, local6: 17 } as const;

export interface VxlanEnds {
  readonly name: string;
  /** Index of the bridge of which it becomes a port. */
  readonly bridge: number;
  readonly mtu: number;
  readonly vni: number;
  readonly port: number;
  /** The address that it sends from; null: as the routes have it. */
  readonly local: IpAddress | null;
  /** Index of the interface that it sends by; 0: as the routes have it. */
  readonly device: number;
}

/** EEXIST: there is one of that name, or of the same number and port. */
export function newVxlan({ name, bridge, mtu, vni, port, local, device }: VxlanEnds): NetlinkMessage {
  const data: readonly Attribute[] = [
    [vxlan.id, u32(vni)],
    ...(device === 0 ? [] : [[vxlan.link, u32(device)] as const]),
    ...(local === null ? [] : [[local.family === 4 ? vxlan.local4 : vxlan.local6, ipBytes(local)] as const]),
    // Which host has a container is known once that has sent something.
    [vxlan.learning, Uint8Array.of(1)],
    [vxlan.port, be16(port)],
  ];
  return {
    type: rtmNewLink,
    flags: nlmAck | nlmCreate | nlmExclusive,
    body: linkBody(iffUp),
    attributes: [
      [iflaName, name],
      [iflaMtu, u32(mtu)],
      [iflaMaster, u32(bridge)],
      [
        iflaLinkInfo,
        [
          [iflaInfoKind, Buffer.from('vxlan')],
          [iflaInfoData, data],
        ],
      ],
    ],
  };
}

const rtmNewNeighbour = 28;
const afBridge = 7;
/** NUD_NOARP | NUD_PERMANENT */
const permanent = 0xc0;
/** NTF_SELF: of the tunnel, not of the bridge that it is a port of. */
const ofItself = 0x02;
const nlmAppend = 0x800;
const ndaDestination = 1;
const ndaLinkAddress = 2;

/** What is for everybody, or for somebody unknown yet, goes to this host too: the address of six zeros. EEXIST: it does already. */
export const newPeer = (index: number, peer: IpAddress): NetlinkMessage => ({
  type: rtmNewNeighbour,
  flags: nlmAck | nlmCreate | nlmAppend,
  // struct ndmsg: family, padding, index, state, flags, type.
  body: Buffer.concat([Uint8Array.of(afBridge, 0, 0, 0), u32(index), Uint8Array.of(permanent, 0, ofItself, 0)]),
  attributes: [
    [ndaLinkAddress, new Uint8Array(6)],
    [ndaDestination, ipBytes(peer)],
  ],
});
