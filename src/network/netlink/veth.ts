/** Pairs of virtual Ethernet devices, veth(4), by rtnetlink(7). What native/monitor/veth.cc does before a container runs. */
import { type IpAddress, ipBytes } from '../../plan/ip-address.ts';
import {
  familyNumber,
  iffUp,
  iflaAddress,
  iflaInfoKind,
  iflaLinkInfo,
  iflaMtu,
  iflaName,
  linkBody,
  rtmNewLink,
} from './bridge.ts';
import { encodeAttributes, type NetlinkMessage, nlmAck, nlmCreate, nlmExclusive, u32 } from './message.ts';

const rtmNewRoute = 24;
const iflaMaster = 10;
export const iflaNetNsFd = 28;
export const iflaInfoData = 2;
const vethInfoPeer = 1;
const rtaOif = 4;
const rtaGateway = 5;

export interface VethEnds {
  readonly hostName: string;
  /** Index of the bridge of which that end becomes a port. */
  readonly bridge: number;
  /** Of the other end. */
  readonly name: string;
  readonly mac: string;
  /** Descriptor of the network namespace where the other end is made. */
  readonly space: number;
  readonly mtu: number;
}

/** Both ends at once, each in its place: nothing is left of a pair when it fails. */
export const newVeth = ({ hostName, bridge, name, mac, space, mtu }: VethEnds): NetlinkMessage => ({
  type: rtmNewLink,
  flags: nlmAck | nlmCreate | nlmExclusive,
  body: linkBody(iffUp),
  attributes: [
    [iflaName, hostName],
    [iflaMtu, u32(mtu)],
    [iflaMaster, u32(bridge)],
    [
      iflaLinkInfo,
      [
        [iflaInfoKind, Buffer.from('veth')],
        [
          iflaInfoData,
          [
            [
              vethInfoPeer,
              Buffer.concat([
                linkBody(0),
                encodeAttributes([
                  [iflaName, name],
                  [iflaMtu, u32(mtu)],
                  [iflaAddress, Buffer.from(mac.replaceAll(':', ''), 'hex')],
                  [iflaNetNsFd, u32(space)],
                ]),
              ]),
            ],
          ],
        ],
      ],
    ],
  ],
});

export const linkUp = (index: number): NetlinkMessage => ({
  type: rtmNewLink,
  flags: nlmAck,
  body: linkBody(iffUp, index),
  attributes: [],
});

/** Nothing passes any more; what has an address keeps it. */
export const linkDown = (index: number): NetlinkMessage => ({
  type: rtmNewLink,
  flags: nlmAck,
  // struct ifinfomsg as in linkBody: of the flags, that one is to be off.
  body: Buffer.concat([new Uint8Array(4), u32(index), u32(0), u32(iffUp)]),
  attributes: [],
});

/** EEXIST: there is a default route of that family. */
export const defaultRoute = (index: number, gateway: IpAddress): NetlinkMessage => ({
  type: rtmNewRoute,
  flags: nlmAck | nlmCreate | nlmExclusive,
  // struct rtmsg: family, bits of destination and source, TOS, table (main), protocol (boot), scope (universe), type (unicast), flags.
  body: Buffer.concat([Uint8Array.of(familyNumber[gateway.family], 0, 0, 0, 254, 3, 0, 1), u32(0)]),
  attributes: [
    [rtaGateway, ipBytes(gateway)],
    [rtaOif, u32(index)],
  ],
});
