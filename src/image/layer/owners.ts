/** Owners of files in the user namespace that the layer is unpacked for. */
import { TsrunError } from '../../errors/tsrun-error.ts';
import type { UserNamespace } from '../../plan/host-facts.ts';
import type { IdMap } from '../../plan/plan.ts';
import { printable } from './tar/bytes.ts';
import type { TarMetadata } from './tar/entry.ts';

const SETUID = 0o4000;
const SETGID = 0o2000;

const holds = (maps: readonly IdMap[], id: number): boolean =>
  maps.some((map) => id >= map.container && id - map.container < map.size);

/** A function that gives an entry the owner it can have. */
export function ownersIn(mapping: UserNamespace): (name: string, meta: TarMetadata) => TarMetadata {
  if (mapping.type === 'host') return (_, meta) => meta;
  return (name, meta) => {
    const uidHeld = holds(mapping.uids, meta.uid);
    const gidHeld = holds(mapping.gids, meta.gid);
    if (uidHeld && gidHeld) return meta;
    if (mapping.writer === 'single') {
      // With one id everything is root's. A program that was to run as somebody else must not run as root instead.
      const mode = meta.mode & ~(uidHeld ? 0 : SETUID) & ~(gidHeld ? 0 : SETGID);
      return { ...meta, mode, uid: uidHeld ? meta.uid : 0, gid: gidHeld ? meta.gid : 0 };
    }
    throw new TsrunError('HOST_UNSUPPORTED', `cannot give "${printable(name)}" its owner ${meta.uid}:${meta.gid}`, {
      why: 'the id is outside of the ranges that may be mapped',
      hint: 'ask for a larger range in /etc/subuid and /etc/subgid, or unpack as root',
    });
  };
}
