/** What the monitor does after the clone, while the new process waits. */
import type { Demand, IdMap } from './terms.ts';

/**
 * The monitor waits while the launcher has systemd move its child, which waits too, into a group of a unit: an ordinary user's session
 * may not move a process into his service manager's part of the tree, nor clone one there.
 */
export interface CgroupAttach {
  readonly kind: 'cgroup-attach';
  /** Absolute directory of the group. */
  readonly path: string;
  readonly bus: 'system' | 'user';
  readonly unit: string;
  /** From the unit's group to that one, like `/container`; '': the unit's own. */
  readonly below: string;
}

/** Writes uid_map and gid_map of the new process. */
export interface IdMapStep {
  readonly kind: 'id-map';
  readonly uids: readonly IdMap[];
  readonly gids: readonly IdMap[];
  /** `direct`: the monitor may write them itself; `newidmap`: by the setuid programs of shadow; `single`: one id, setgroups denied. */
  readonly writer: 'direct' | 'newidmap' | 'single';
}

/**
 * prlimit(2) on the new process, upwards only: what {@link Rlimit} will ask for is allowed from here on, and nothing is in
 * the way of init's own steps. `best-effort`: a failure is passed over, init's step will fail alike.
 */
export interface RaiseRlimit {
  readonly kind: 'raise-rlimit';
  readonly resource: number;
  readonly soft: bigint;
  readonly hard: bigint;
  readonly demand: Demand;
}

/**
 * Moves an interface of the launcher's network namespace into that of the new process, with its permanent global
 * addresses, and brings it up: runtime-spec config-linux.md, netDevices.
 */
export interface NetDevice {
  readonly kind: 'net-device';
  readonly device: string;
  /** Its name there; `%d` in it becomes the first free number. */
  readonly name: string;
}

/**
 * A pair of virtual Ethernet devices, veth(4): one end becomes a port of a bridge of the launcher's network namespace, the other
 * an interface of the new process, up, with addresses and a default route for each gateway.
 */
export interface Veth {
  readonly kind: 'veth';
  /** At most 15 bytes, as the other names. */
  readonly hostName: string;
  readonly bridge: string;
  /** Inside. */
  readonly name: string;
  /** Of the end inside, `02:74:0a:d4:00:02`. */
  readonly mac: string;
  readonly mtu: number;
  readonly addresses: readonly InterfaceAddress[];
  /** At most one of each family. */
  readonly gateways: readonly string[];
}

/** Whom an interface reaches of the others on the same parent: `ip-link(8)`, macvlan. */
export type MacvlanMode = 'private' | 'vepa' | 'bridge' | 'passthru';

/** An interface of the new process on the wire of one of the launcher's network namespace, with an address of its own there. */
export interface Macvlan {
  readonly kind: 'macvlan';
  readonly parent: string;
  /** Inside. */
  readonly name: string;
  readonly mode: MacvlanMode;
  readonly mac: string;
  readonly mtu: number;
  readonly addresses: readonly InterfaceAddress[];
  /** At most one of each family. */
  readonly gateways: readonly string[];
}

export interface InterfaceAddress {
  readonly address: string;
  /** Bits of the subnet. */
  readonly prefix: number;
}

/**
 * pasta(1) between the container's network namespace and sockets of the launcher's user, as long as the container lives. The path of
 * the namespace is the last word of its command, behind those here.
 */
export interface Pasta {
  readonly kind: 'pasta';
  /** Absolute path. */
  readonly program: string;
  readonly argv: readonly string[];
  readonly demand: Demand;
}

/**
 * A process that listens at ::1 and passes on what comes to the container, as long as the container lives: packets to ::1 never leave the
 * loopback, so that no rule can translate them.
 */
export interface Forward {
  readonly kind: 'forward';
  readonly ports: readonly ForwardedPort[];
}

export interface ForwardedPort {
  readonly protocol: 'tcp' | 'udp';
  readonly hostPort: number;
  /** Of the container. */
  readonly address: string;
  readonly containerPort: number;
  /** The file that says who has the port: when it goes, nobody listens any more. */
  readonly claim: string;
}

/** /proc/PID/oom_score_adj of the new process. */
export interface OomScoreAdj {
  readonly kind: 'oom-score-adj';
  readonly value: number;
  readonly demand: Demand;
}
