/** What a killed monitor or command left of a kept container. */
import { closeSync } from 'node:fs';
import { join } from 'node:path';
import { removeContainerCgroup } from '../../cgroup/remove.ts';
import type { Paths } from '../../host/paths.ts';
import { containersDirectory, readRecord, takeDead } from '../container-directory.ts';
import { endEvents } from '../container-events.ts';
import { removeContainer } from '../remove-container.ts';
import { actorOf, readKept } from './kept-container.ts';
import { exitCodeOfEnd, type KeptEnd, readEndOf, readRunning, recordLeft } from './monitor-files.ts';

/** PID 1 died with its monitor (PR_SET_PDEATHSIG); what it had started goes with its control group or is looked for. */
async function endLeft(path: string, id: string): Promise<void> {
  const record = readRecord(path);
  if (record === null) return;
  if (record.cgroup !== null) await removeContainerCgroup(record.cgroup);
  // Loaded here: few monitors are killed.
  else (await import('../orphans.ts')).endOrphans(id);
}

const lostAt = (found: Date): KeptEnd => ({ type: 'lost', finished: found.toISOString() });

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
    const running = readRunning(path);
    if (running !== null) await endLeft(path, id);
    const end: KeptEnd | null = running === null ? null : (readEndOf(path, running) ?? lostAt(new Date()));
    // As the monitor does it: first it is written down, then told. Who hears of it can ask.
    const isTold = end !== null && recordLeft(path, end);
    const container = readKept(paths, id);
    if (isTold && container !== null) {
      endEvents(paths, actorOf(container), exitCodeOfEnd(end), container.kept.request.mounts);
    }
    if (container === null || (container.state.status === 'exited' && container.kept.removal === 'at-end')) {
      await removeContainer(paths, id, 'anonymous-volumes-too');
      return true;
    }
    return false;
  } finally {
    closeSync(dead.fd);
  }
}
