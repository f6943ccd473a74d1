/** Takes a control group away, with whatever still runs in it. */
import { existsSync, rmdirSync, writeFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { TsrunError } from '../errors/tsrun-error.ts';
import { askAgain } from '../native/wait-flock.ts';
import { groupReaches } from './group-events.ts';
import { cgroupProcesses, childGroups } from './processes.ts';

/** How long processes may take to die after SIGKILL: those in uninterruptible sleep (a dead NFS server) never do. */
const patience = 10_000;

/**
 * Kills everything in a control group and below, and removes the directories, children first. One that is gone already
 * is fine.
 *
 * @param path absolute
 * @throws TsrunError STEP_FAILED when something in it does not die, or the group is not ours
 */
export async function removeCgroup(path: string): Promise<void> {
  // The usual case: PID 1 was the last process, and the group is empty.
  if (removed(path)) return;
  const kill = join(path, 'cgroup.kill');
  try {
    writeFileSync(kill, '1');
  } catch (cause) {
    if (code(cause) === 'ENOENT') return;
    throw failure(path, `writing 1 to ${kill} failed: ${code(cause)}`, cause);
  }
  await empty(path);
  for (const child of childGroups(path)) await removeCgroup(join(path, child));
  if (!removed(path))
    throw failure(
      path,
      `it is empty and rmdir says EBUSY; still below it: ${childGroups(path).join(', ') || 'nothing'}`,
    );
}

/**
 * As {@link removeCgroup}; and the groups above it that we made (`tsrun` itself, and `--cgroup-parent a/b` below it) when
 * this was the last in them. native/oci/cgroup.cc does the same.
 */
export async function removeContainerCgroup(path: string): Promise<void> {
  await removeCgroup(path);
  const ours = path.lastIndexOf('/tsrun/');
  for (let above = posix.dirname(path); ours >= 0 && above.length > ours; above = posix.dirname(above)) {
    try {
      if (!removed(above)) return;
    } catch {
      // Handed to us by somebody else, who removes it.
      return;
    }
  }
}

/**
 * The same for a scope of systemd's, which takes it away itself once it is empty: a directory that is gone before systemd
 * has looked leaves the unit running for ever. native/oci/cgroup.cc does the same.
 */
export async function removeScopeCgroup(path: string): Promise<void> {
  try {
    writeFileSync(join(path, 'cgroup.kill'), '1');
  } catch (cause) {
    if (code(cause) === 'ENOENT') return;
    throw failure(path, `killing what is in it failed: ${code(cause)}`, cause);
  }
  await empty(path);
  const gone = (): true | null => (existsSync(path) ? null : true);
  // Rejected: there is no systemd any more.
  await askAgain(gone, AbortSignal.timeout(patience)).catch(() => removeCgroup(path));
}

/** rmdir(2); false: EBUSY, for processes or children. */
function removed(path: string): boolean {
  try {
    rmdirSync(path);
    return true;
  } catch (cause) {
    if (code(cause) === 'ENOENT') return true;
    if (code(cause) === 'EBUSY') return false;
    throw failure(path, `rmdir failed: ${code(cause)}`, cause);
  }
}

/** Until no process lives in the group or below. */
async function empty(path: string): Promise<void> {
  if (await groupReaches(path, ({ populated }) => !populated, patience)) return;
  const left = cgroupProcesses(path).join(', ');
  throw failure(path, `processes in it do not die: ${left || 'of another pid namespace'}`);
}

const code = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? 'unknown';

const failure = (path: string, why: string, cause?: unknown): TsrunError =>
  new TsrunError('STEP_FAILED', `cannot remove the control group "${path}"`, { why, cause });
