/**
 * Processes of a container whose monitor and whose command were both killed, where neither a pid namespace nor a control group ends them:
 * found by the files of /etc that were mounted into every container from its own directory, whose name no other has.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { ProcessHandle } from '../process/process-handle.ts';

const sigkill = 9;
const ours = ['hosts', 'hostname', 'resolv.conf'];

/** Kills all of them. One that is being made meanwhile is found by the next look. */
export function endOrphans(id: string): void {
  // proc_pid_mountinfo(5): the directory of the filesystem that is mounted, and where.
  const mounted = ours.map((name) => `/containers/${id}/${name} /etc/${name} `);
  const isOurs = (pid: string): boolean => {
    try {
      const mounts = readFileSync(`/proc/${pid}/mountinfo`, 'latin1');
      return mounted.some((line) => mounts.includes(line));
    } catch {
      // Gone meanwhile, a zombie, or somebody else's.
      return false;
    }
  };
  while (readdirSync('/proc').filter((name) => /^\d+$/.test(name) && isOurs(name) && ended(name, isOurs)).length > 0);
}

/** Looked at once more with the process held: its number may have become another's. */
function ended(pid: string, isIt: (pid: string) => boolean): boolean {
  try {
    using process = ProcessHandle.open(Number(pid), () => isIt(pid));
    process?.signal(sigkill);
    return process !== null;
  } catch {
    // Not ours to kill.
    return false;
  }
}
