/** Bridges of the caller's network namespace, by rtnetlink(7). */
import { bitsOf, ipBytes } from '../../plan/ip-address.ts';
import type { InterfaceNetwork } from '../subnet.ts';
import { type NetlinkMessage, nlmAck, nlmCreate, nlmExclusive, u32 } from './message.ts';

export const rtmNewLink = 16;
const rtmDelLink = 17;
const rtmNewAddress = 20;
export const iffUp = 1;
export const iflaAddress = 1;
export const iflaName = 3;
export const iflaMtu = 4;
export const iflaLinkInfo = 18;
export const iflaInfoKind = 1;
const ifaAddress = 1;
const ifaLocal = 2;
const ifaFlagNoDad = 2;
export const familyNumber = { 4: 2, 6: 10 } as const;

/** struct ifinfomsg: family, padding, type, index, flags, which of them to change. */
export function linkBody(flags: number, index = 0): Uint8Array {
  return Buffer.concat([new Uint8Array(4), u32(index), u32(flags), u32(flags)]);
}

/** EEXIST: there is one of that name. Without an address (MAC) of its own it would have that of one of its ports, and another when that goes. */
export const newBridge = (name: string, mtu: number, mac: string): NetlinkMessage => ({
  type: rtmNewLink,
  flags: nlmAck | nlmCreate | nlmExclusive,
  body: linkBody(iffUp),
  attributes: [
    [iflaName, name],
    [iflaAddress, Buffer.from(mac.replaceAll(':', ''), 'hex')],
    [iflaMtu, u32(mtu)],
    [iflaLinkInfo, [[iflaInfoKind, Buffer.from('bridge')]]],
  ],
});

/** ENODEV: there is none. Its ports become free. */
export const deleteLink = (name: string): NetlinkMessage => ({
  type: rtmDelLink,
  flags: nlmAck,
  body: linkBody(0),
  attributes: [[iflaName, name]],
});

/** EEXIST: it has it. The first address of a bridge also makes the route to the subnet. */
export const newAddress = (index: number, { address, prefix }: InterfaceNetwork): NetlinkMessage => ({
  type: rtmNewAddress,
  flags: nlmAck | nlmCreate | nlmExclusive,
  // struct ifaddrmsg: family, bits of the subnet, flags, scope, index.
  body: Buffer.concat([
    Uint8Array.of(familyNumber[address.family], prefix, address.family === 6 ? ifaFlagNoDad : 0, 0),
    u32(index),
  ]),
  attributes: [
    [ifaLocal, ipBytes(address)],
    [ifaAddress, ipBytes(address)],
    ...(bitsOf(address.family) === 32 && prefix < 31 ? [broadcast(address.value, prefix)] : []),
  ],
});

const ifaBroadcast = 4;
const broadcast = (value: bigint, prefix: number): readonly [number, Uint8Array] => [
  ifaBroadcast,
  ipBytes({ family: 4, value: value | ((1n << BigInt(32 - prefix)) - 1n) }),
];

const rtmGetLink = 18;

/** Its description, or ENODEV. */
export const linkByName = (name: string): NetlinkMessage => ({
  type: rtmGetLink,
  flags: nlmAck,
  body: linkBody(0),
  attributes: [[iflaName, name]],
});

/** Its description, or ENODEV. */
export const linkByIndex = (index: number): NetlinkMessage => ({
  type: rtmGetLink,
  flags: nlmAck,
  body: linkBody(0, index),
  attributes: [],
});
