/** Freezes a kept container and lets it go on. */
import { freezeCgroup, thawCgroup } from '../../cgroup/freeze.ts';
import { TsrunError } from '../../errors/tsrun-error.ts';
import type { Paths } from '../../host/paths.ts';
import { containerEvents } from '../container-events.ts';
import { actorOf, type KeptContainer, requireRunning } from './kept-container.ts';

/** @throws TsrunError CONTAINER_STATE; HOST_UNSUPPORTED without a control group */
export async function pauseKept(paths: Paths, container: KeptContainer): Promise<void> {
  requireRunning(container, 'pause');
  await freezeCgroup(groupOf(container, 'pause'));
  containerEvents(paths, actorOf(container), ['pause']);
}

/** @throws TsrunError CONTAINER_STATE when it is not paused */
export async function unpauseKept(paths: Paths, container: KeptContainer): Promise<void> {
  if (container.state.status !== 'paused') {
    throw new TsrunError('CONTAINER_STATE', `cannot unpause container "${container.name}"`, {
      why: `it is not paused: ${container.state.status}`,
    });
  }
  await thawCgroup(groupOf(container, 'unpause'));
  containerEvents(paths, actorOf(container), ['unpause']);
}

function groupOf({ record, name }: KeptContainer, verb: string): string {
  if (record.cgroup !== null) return record.cgroup;
  throw new TsrunError('HOST_UNSUPPORTED', `cannot ${verb} container "${name}"`, {
    why: 'it has no control group of its own, and only a group can be frozen',
    hint: 'an ordinary user gets one from systemd: log in through it, and start the container again',
  });
}
