/** Gives a control group to the user inside: cgroups(7), "Cgroups delegation"; runtime-spec, config-linux.md#cgroup-ownership. */
import { chownSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Where the kernel has no list of its own. */
const files: readonly string[] = ['cgroup.procs', 'cgroup.subtree_control', 'cgroup.threads'];

/**
 * The directory and the files that move processes; those with limits stay with who made the group. Nobody depends on it: an
 * ordinary user may give away nothing, and a file belongs to a controller that need not be enabled.
 *
 * @param uid as this process sees it
 */
export function handOver(path: string, uid: number): void {
  for (const file of ['.', ...delegated()]) {
    try {
      chownSync(join(path, file), uid, -1);
    } catch (error) {
      if (!tolerated.has((error as NodeJS.ErrnoException).code ?? '')) throw error;
    }
  }
}

const tolerated = new Set(['ENOENT', 'EPERM', 'EINVAL']);

function delegated(): readonly string[] {
  try {
    return readFileSync('/sys/kernel/cgroup/delegate', 'latin1').split('\n').filter(Boolean);
  } catch {
    return files;
  }
}
