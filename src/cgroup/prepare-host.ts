/**
 * Frees a group of processes, so that it can hand controllers on: where no systemd makes groups for us and the one that was
 * handed over holds those who call. As root of the machine there is nothing to do.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { posix } from 'node:path';
import { TsrunError } from '../errors/tsrun-error.ts';
import type { CgroupHost } from '../plan/host-facts.ts';
import { probeCgroupHost } from './host.ts';

/**
 * Call this before the plan is made, when the request has limits of its own. In a container, and for an ordinary user
 * without systemd, it moves all processes of the group, the caller too, to a leaf below it.
 *
 * @param host what `probeCgroupHost` said
 * @returns what can be done now
 * @throws TsrunError HOST_UNSUPPORTED when processes cannot be moved out of the way
 */
export function prepareCgroupHost(host: CgroupHost, privilege: 'root' | 'rootless'): CgroupHost {
  if (host.systemd !== null || host.type === 'unavailable' || host.monitorLeaf === null) return host;
  moveProcesses(posix.dirname(host.monitorLeaf), host.monitorLeaf);
  return probeCgroupHost(privilege);
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
