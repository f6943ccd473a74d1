/** Stops every process of a control group where it is, and lets it go on: cgroup.freeze. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { TsrunError } from '../errors/tsrun-error.ts';
import { groupReaches } from './group-events.ts';

/** A process in uninterruptible sleep (a dead NFS server) freezes when it wakes up, which may be never. */
const patience = 10_000;

/**
 * Resolves when every process in the group and below has stopped. A group that cannot be frozen is thawed again.
 *
 * @param path directory of the group
 * @throws TsrunError STEP_FAILED: not writable, gone, or a process that does not stop within 10 seconds
 */
export async function freezeCgroup(path: string): Promise<void> {
  write(path, '1', 'freeze');
  if (await groupReaches(path, ({ frozen }) => frozen, patience)) return;
  write(path, '0', 'freeze');
  throw new TsrunError('STEP_FAILED', `cannot freeze the control group "${path}"`, {
    why: `a process in it does not stop within ${patience / 1000} seconds: it sleeps in the kernel`,
    hint: 'ps -o pid,stat,wchan shows which one (state D); nothing was frozen',
  });
}

/**
 * Resolves when the processes run again. Thawing what is not frozen does nothing.
 *
 * @throws TsrunError STEP_FAILED, also when a group above this one is frozen
 */
export async function thawCgroup(path: string): Promise<void> {
  write(path, '0', 'thaw');
  // A group above may be frozen too: then this one stays as it is.
  if (await groupReaches(path, ({ frozen, populated }) => !frozen || !populated, patience)) return;
  throw new TsrunError('STEP_FAILED', `cannot thaw the control group "${path}"`, {
    why: 'it is still frozen: a group above it is',
    hint: 'look for cgroup.freeze with the value 1 in the directories above',
  });
}

/** {@link thawCgroup} for processes that are told to end: a group that has gone with them has nothing left to thaw. */
export async function thawToEnd(path: string): Promise<void> {
  try {
    await thawCgroup(path);
  } catch (error) {
    const { code } = ((error as Error).cause ?? {}) as NodeJS.ErrnoException;
    if (code !== 'ENOENT' && code !== 'ENODEV') throw error;
  }
}

function write(path: string, value: '0' | '1', verb: string): void {
  const file = join(path, 'cgroup.freeze');
  try {
    writeFileSync(file, value);
  } catch (cause) {
    const { code = 'unknown' } = cause as NodeJS.ErrnoException;
    throw new TsrunError('STEP_FAILED', `cannot ${verb} the control group "${path}"`, {
      why: `writing ${value} to ${file} failed: ${code}`,
      cause,
    });
  }
}
