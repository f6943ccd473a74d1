/** What a killed monitor or command left of a kept container. */
import { closeSync } from 'node:fs';
import { join } from 'node:path';
import { removeContainerCgroup } from '../../cgroup/remove.ts';
import type { Paths } from '../../host/paths.ts';
import { containersDirectory, readRecord, takeDead } from '../container-directory.ts';
import { removeContainer } from '../remove-container.ts';
import { readKept } from './kept-container.ts';
import { readRunning, recordLost } from './monitor-files.ts';

/** PID 1 died with its monitor (PR_SET_PDEATHSIG); what it had started goes with its control group or is looked for. */
async function endLeft(path: string, id: string): Promise<void> {
  const record = readRecord(path);
  if (record === null) return;
  if (record.cgroup !== null) await removeContainerCgroup(record.cgroup);
  // Loaded here: few monitors are killed.
  else (await import('../orphans.ts')).endOrphans(id);
}

/**
 * Writes down that nobody saw the end of a container whose monitor is gone; removes one that was never finished, and one of
 * `--rm` that has ended.
 *
 * @returns whether it is gone
 */
export async function settleKept(paths: Paths, id: string): Promise<boolean> {
  const path = join(containersDirectory(paths), id);
  const before = readKept(paths, id);
  // The usual cases, without touching its lock: it runs, or there is nothing to settle.
  if (before !== null && before.state.status !== 'exited') return false;
  if (before?.kept.removal === 'by-hand' && readRunning(path) === null) return false;
  const dead = takeDead(paths, id);
  if (dead === null) return false;
  try {
    const container = readKept(paths, id);
    if (readRunning(path) !== null) await endLeft(path, id);
    if (container === null || (container.state.status === 'exited' && container.kept.removal === 'at-end')) {
      await removeContainer(paths, id, 'anonymous-volumes-too');
      return true;
    }
    if (readRunning(path) !== null) recordLost(path, new Date());
    return false;
  } finally {
    closeSync(dead.fd);
  }
}
