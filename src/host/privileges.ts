/** Who launches: root or an ordinary user, with which subordinate ids. */
import { accessSync, constants, readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import type { IdRange, Privilege } from '../plan/host-facts.ts';

/** capabilities(7), include/uapi/linux/capability.h. */
const capSysAdmin = 21n;
const capSysResource = 24n;

/** The effective capabilities of this process as a bit mask: /proc/self/status. */
export function effectiveCapabilities(status: string): bigint {
  const found = /^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1];
  return found === undefined ? 0n : BigInt(`0x${found}`);
}

export const canRaiseLimits = (effective: bigint): boolean => (effective & (1n << capSysResource)) !== 0n;

/** Where the two programs of shadow's uidmap package usually are; PATH of a service may be empty. */
const programDirectories = ['/usr/bin', '/bin', '/usr/local/bin', '/usr/sbin', '/sbin'];

/** The path of an executable, from PATH and the usual directories, or null. */
export function findProgram(name: string, path: string | undefined): string | null {
  const directories = [...(path ?? '').split(':').filter((entry) => entry.startsWith('/')), ...programDirectories];
  for (const directory of directories) {
    const candidate = join(directory, name);
    try {
      accessSync(candidate, constants.X_OK);
      return candidate;
    } catch {
      // Not here: the next directory.
    }
  }
  return null;
}

/**
 * The ranges of one user in the text of /etc/subuid or /etc/subgid, subuid(5): `name:start:count`, where the name may be the number.
 *
 * @example subordinateRanges('me:100000:65536\n', 'me', 1000) // [{ start: 100000, size: 65536 }]
 */
export function subordinateRanges(text: string, user: string, uid: number): IdRange[] {
  return text.split('\n').flatMap((line) => {
    const [name, start, size] = line.trim().split(':');
    if ((name !== user && name !== String(uid)) || !/^\d+$/.test(start ?? '') || !/^\d+$/.test(size ?? '')) return [];
    return Number(size) > 0 ? [{ start: Number(start), size: Number(size) }] : [];
  });
}

/** Root is who may do everything in its user namespace: uid 0 alone may be root in somebody's container without any right. */
export function probePrivilege(effective: bigint): Privilege {
  const uid = process.geteuid?.() ?? 0;
  if (uid === 0 && (effective & (1n << capSysAdmin)) !== 0n) return { type: 'root' };
  const user = userName(uid);
  const subuids = subordinateRanges(textOf('/etc/subuid'), user, uid);
  const subgids = subordinateRanges(textOf('/etc/subgid'), user, uid);
  const path = process.env['PATH'];
  const canMapRanges =
    subuids.length > 0 &&
    subgids.length > 0 &&
    findProgram('newuidmap', path) !== null &&
    findProgram('newgidmap', path) !== null;
  return { type: 'rootless', uid, gid: process.getegid?.() ?? 0, user, subuids, subgids, canMapRanges };
}

/** A user without an entry in the user database has a number and no name. */
function userName(uid: number): string {
  try {
    return userInfo().username;
  } catch {
    return String(uid);
  }
}

/** A file that may be missing. */
function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
