/** Interfaces on the wire of another one, by rtnetlink(7): linux/if_link.h. What native/monitor/macvlan.cc does before a container runs. */
import type { MacvlanMode } from '../../plan/plan.ts';
import { iflaAddress, iflaInfoKind, iflaLinkInfo, iflaMtu, iflaName, linkBody, rtmNewLink } from './bridge.ts';
import { type NetlinkMessage, nlmAck, nlmCreate, nlmExclusive, u32 } from './message.ts';
import { iflaInfoData, iflaNetNsFd } from './veth.ts';

const iflaLink = 5;
const iflaMacvlanMode = 1;
/** Flags, of which one is set. */
const modes = { private: 1, vepa: 2, bridge: 4, passthru: 8 } as const satisfies Record<MacvlanMode, number>;

export interface MacvlanEnd {
  /** Index of the parent. */
  readonly parent: number;
  readonly name: string;
  readonly mode: MacvlanMode;
  readonly mac: string;
  readonly mtu: number;
  /** Descriptor of the network namespace where it is made. */
  readonly space: number;
}

/** Where it stays: it is never among the host's. */
export const newMacvlan = ({ parent, name, mode, mac, mtu, space }: MacvlanEnd): NetlinkMessage => ({
  type: rtmNewLink,
  flags: nlmAck | nlmCreate | nlmExclusive,
  body: linkBody(0),
  attributes: [
    [iflaName, name],
    [iflaMtu, u32(mtu)],
    [iflaAddress, Buffer.from(mac.replaceAll(':', ''), 'hex')],
    [iflaLink, u32(parent)],
    [iflaNetNsFd, u32(space)],
    [
      iflaLinkInfo,
      [
        [iflaInfoKind, Buffer.from('macvlan')],
        [iflaInfoData, [[iflaMacvlanMode, u32(modes[mode])]]],
      ],
    ],
  ],
});
