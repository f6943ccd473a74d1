/** Groups of a process that cannot be given. */
import type { OciProcess } from '../../oci/config.ts';

/** Clients list groups of the image's that nobody asked for: these are told and in nobody's way, as with runc. */
export function groupNotes(process: OciProcess | undefined, setGroups: boolean): readonly string[] {
  const { additionalGids = [], gid: own = 0 } = process?.user ?? {};
  const lost = additionalGids.filter((gid) => gid !== own);
  if (setGroups || lost.length === 0) return [];
  return [
    `process.user.additionalGids ${lost.join(', ')}: setgroups(2) is denied in the user namespace, where a single id is mapped`,
  ];
}
