/** Fields of the monitor's steps, before the clone and after it: native/plan/before_clone.h and after_clone.h. */
import { ipBytes, parseIp } from '../../plan/ip-address.ts';
import type { IdMap, Macvlan, MonitorStep, MountIdMap, MountUsers, ParentStep, Veth } from '../../plan/plan.ts';
import type { ByteWriter } from '../byte-writer.ts';
import { bitsOf, demand, type FieldWriters, reach } from './terms.ts';

const macvlanMode = { private: 0, vepa: 1, bridge: 2, passthru: 3 } as const;
const protocolNumber = { tcp: 0, udp: 1 } as const;
const idMapWriter = { direct: 0, newidmap: 1, single: 2 } as const;

export const monitorFields: FieldWriters<MonitorStep | ParentStep> = {
  'cgroup-create': (w, step) => w.string(step.path).u8(demand[step.demand]),
  'cgroup-enter': (w, step) => w.string(step.path).u8(demand[step.demand]),
  'cgroup-enable': (w, step) => w.string(step.path).strings(step.controllers).u8(demand[step.demand]),
  // The launcher speaks to systemd; the monitor only waits.
  'cgroup-scope': (w, step) => w.string(step.path),
  'cgroup-attach': (w, step) => w.string(step.path),
  'cgroup-write': (w, step) => {
    w.string(step.path).string(step.file).string(step.value).string(step.expect);
    w.string(step.instead).u8(demand[step.demand]);
  },
  'cgroup-devices': (w, step) => w.string(step.path).blob(step.program).u8(demand[step.demand]),
  'open-tree': (w, step) => {
    w.u32(step.slot).string(step.source).string(step.subpath).u8(reach[step.reach]).string(step.namespace);
    writeMountIdMap(w, step.idMap);
  },
  clone: (w, step) => w.u32(bitsOf(step.namespaces)).string(step.cgroup ?? ''),
  anchor: (w, step) => w.string(step.users).string(step.network),
  join: (w, step) => {
    w.u32(bitsOf(step.namespaces)).flag(step.from.type === 'process');
    w.u32(step.from.type === 'process' ? step.from.file : 0).string(step.from.type === 'path' ? step.from.path : '');
  },
  'take-file': (w, step) => w.u32(step.slot).u32(step.file),
  'id-map': (w, step) => {
    writeIdMap(w, step.uids);
    writeIdMap(w, step.gids);
    w.u8(idMapWriter[step.writer]);
  },
  'net-device': (w, step) => w.string(step.device).string(step.name),
  veth: (w, step) => {
    w.string(step.hostName)
      .string(step.bridge)
      .string(step.name)
      .blob(Buffer.from(step.mac.replaceAll(':', ''), 'hex'));
    writeInside(w, step);
  },
  macvlan: (w, step) => {
    w.string(step.parent).string(step.name).u8(macvlanMode[step.mode]);
    w.blob(Buffer.from(step.mac.replaceAll(':', ''), 'hex'));
    writeInside(w, step);
  },
  pasta: (w, step) => w.string(step.program).strings(step.argv).u8(demand[step.demand]),
  forward: (w, step) => {
    w.u32(step.ports.length);
    for (const { protocol, hostPort, address, containerPort, claim } of step.ports)
      w.u8(protocolNumber[protocol]).u16(hostPort).string(address).u16(containerPort).string(claim);
  },
  'raise-rlimit': (w, step) => w.u32(step.resource).u64(step.soft).u64(step.hard).u8(demand[step.demand]),
  'oom-score-adj': (w, step) => w.i32(step.value).u8(demand[step.demand]),
};

/** What an interface that is made inside gets there. */
function writeInside(w: ByteWriter, { mtu, addresses, gateways }: Macvlan | Veth): void {
  w.u32(mtu).u32(addresses.length);
  for (const { address, prefix } of addresses) w.blob(addressBytes(address)).u8(prefix);
  w.u32(gateways.length);
  for (const gateway of gateways) w.blob(addressBytes(gateway));
}

function addressBytes(text: string): Uint8Array {
  const address = parseIp(text);
  if (address === null) throw new Error(`no address: ${text}`);
  return ipBytes(address);
}

function writeIdMap(w: ByteWriter, maps: readonly IdMap[]): void {
  w.list(maps, (map) => w.u32(map.container).u32(map.host).u32(map.size));
}

function writeMountIdMap(w: ByteWriter, map: MountIdMap | null): void {
  const users: MountUsers = map?.users ?? { type: 'map', uids: [], gids: [] };
  w.flag(map !== null).u8(reach[map?.reach ?? 'this']);
  writeIdMap(w, users.type === 'map' ? users.uids : []);
  writeIdMap(w, users.type === 'map' ? users.gids : []);
  w.string(users.type === 'namespace' ? users.path : '');
}
