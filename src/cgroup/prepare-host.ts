/**
 * Makes a place where control groups can have controllers, when a limit needs one.
 *
 * As root on the machine itself there is nothing to do. An ordinary user asks systemd for a group of his own; without
 * systemd, and as root inside a container, the processes that live in the group move to a leaf of it.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { posix } from 'node:path';
import { TsrunError } from '../errors/tsrun-error.ts';
import type { CgroupHost } from '../plan/host-facts.ts';
import { probeCgroupHost } from './host.ts';
import { startDelegatedScope } from './systemd-scope.ts';

/**
 * Call this before the plan is made, when the request has limits of its own: it may move the calling process (with all
 * its threads) to another control group, and takes some milliseconds.
 *
 * @param host what `probeCgroupHost` said
 * @param bus the user's bus, or null; see `userBus`
 * @returns what can be done now
 * @throws TsrunError HOST_UNSUPPORTED when processes cannot be moved out of the way
 */
export async function prepareCgroupHost(
  host: CgroupHost,
  privilege: 'root' | 'rootless',
  bus: string | null,
): Promise<CgroupHost> {
  if (host.type === 'available' && host.monitorLeaf === null) return host;
  let now = host;
  if (privilege === 'rootless' && bus !== null) {
    try {
      await startDelegatedScope(bus, process.pid);
    } catch (cause) {
      const words = cause instanceof Error ? cause.message : String(cause);
      const reason = `systemd hands no control group over (${words})`;
      return { type: 'unavailable', reason, hint: 'see "systemctl --user status"', elsewhere: host.elsewhere };
    }
    now = probeCgroupHost(privilege);
  }
  if (now.type === 'unavailable' || now.monitorLeaf === null) return now;
  moveProcesses(posix.dirname(now.monitorLeaf), now.monitorLeaf);
  return probeCgroupHost(privilege);
}

/** The user's bus where systemd runs one, else null. */
export function userBus(env: Readonly<Record<string, string | undefined>>): string | null {
  const directory = env['XDG_RUNTIME_DIR'];
  if (!directory) return null;
  const socket = posix.join(directory, 'bus');
  return existsSync(socket) ? socket : null;
}

/** Rounds, because a process may fork while the others move. */
function moveProcesses(from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  let stuck: readonly string[] = [];
  for (let round = 0; round < 10; round++) {
    const pids = readFileSync(posix.join(from, 'cgroup.procs'), 'latin1').split('\n').filter(Boolean);
    if (pids.length === 0) return;
    stuck = pids.filter((pid) => !moved(pid, to));
    // The same ones again would only say the same again.
    if (stuck.length === pids.length) break;
  }
  throw new TsrunError('HOST_UNSUPPORTED', `cannot free the control group "${from}" of processes`, {
    why: `these cannot be moved: ${stuck.join(', ')} (0: outside this pid namespace)`,
    hint: 'run without limits: --limits=best-effort',
  });
}

function moved(pid: string, to: string): boolean {
  try {
    writeFileSync(posix.join(to, 'cgroup.procs'), pid);
    return true;
  } catch (cause) {
    // Gone before its turn.
    return (cause as NodeJS.ErrnoException).code === 'ESRCH';
  }
}
