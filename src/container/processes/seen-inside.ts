/** Processes of a container as those inside see them: their numbers and their users. */
import { closeSync, openSync } from 'node:fs';
import { addon } from '../../native/addon.ts';
import type { UserNamespace } from '../../plan/host-facts.ts';
import { parsePasswd } from '../user/passwd.ts';
import type { ProcEntry } from './proc-entry.ts';

export interface InsideProcess {
  readonly entry: ProcEntry;
  /** In the container's pid namespace, and in those that were made inside of it. */
  readonly pids: readonly number[];
  /** In the container's pid namespace; 0: outside of it. */
  readonly parent: number;
  /** In the container's user namespace; null: it has no number there. */
  readonly uid: number | null;
  /** By the container's /etc/passwd, else the number. */
  readonly user: string;
}

/**
 * @param pid PID 1 as the reader sees it
 * @param userns the container's
 */
export function seenInside(
  entries: readonly ProcEntry[],
  pid: number,
  userns: UserNamespace,
): readonly InsideProcess[] {
  const depth = (entries.find((entry) => entry.pid === pid)?.pids.length ?? 1) - 1;
  const numbers = new Map(entries.map((entry) => [entry.pid, entry.pids[depth] ?? 0]));
  const names = userNames(pid);
  return entries.map((entry) => {
    const uid = uidInside(entry.uid, userns);
    return {
      entry,
      pids: entry.pids.slice(depth),
      parent: numbers.get(entry.parent) ?? 0,
      uid,
      user: uid === null ? `(${entry.uid})` : (names.get(uid) ?? `${uid}`),
    };
  });
}

function uidInside(uid: number, userns: UserNamespace): number | null {
  if (userns.type === 'host') return uid;
  const map = userns.uids.find(({ host, size }) => uid >= host && uid < host + size);
  return map === undefined ? null : uid - map.host + map.container;
}

/** Larger files are no user databases. */
const maxBytes = 1024 * 1024;

/** Read below the container's root: the file is the container's, whatever it links to. None where that may not be. */
function userNames(pid: number): ReadonlyMap<number, string> {
  let root: number | null = null;
  try {
    root = openSync(`/proc/${pid}/root`, 'r');
    const entries = parsePasswd(addon().readInRoot(root, '/etc/passwd', maxBytes).toString('latin1'));
    // Of several names for a number the first one counts.
    return new Map(entries.toReversed().map(({ uid, name }) => [uid, name]));
  } catch {
    return new Map();
  } finally {
    if (root !== null) closeSync(root);
  }
}
