/** Starts a kept container, for the first time or again. Afterwards it lives without the command that started it. */

import { closeSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { ReadyImage } from '../../image/image.ts';
import { filesFor, readRecord, recordFile } from '../container-directory.ts';
import type { Launch, LaunchContext } from '../launch.ts';
import { discard } from '../new-container.ts';
import {
  ensureBindSources,
  hostContextForRun,
  type ImageSource,
  openRequestedImage,
  preparePlan,
  writeFiles,
} from '../prepare.ts';
import { resolveJoins } from '../resolve-joins.ts';
import { sayNotes } from '../said-once.ts';
import { writeWhole } from '../state/oci-directory.ts';
import { changeFiles } from './change-files.ts';
import { connected, type MadeContainer } from './create-kept.ts';
import { actorOf, createdFile, type KeptContainer } from './kept-container.ts';
import { type Attendance, launchKept } from './launch-kept.ts';
import { lockKept } from './lock.ts';
import { writePlan } from './plan-file.ts';
import { forgetRestarts, wasStopped } from './restart-files.ts';
import { rememberingFailure } from './start-failure.ts';
import { writeConfig } from './write-config.ts';

export interface StartContext extends ImageSource, LaunchContext {}

/**
 * The other half of `run -d`.
 *
 * @throws TsrunError naming the step that failed, with nothing of the container left behind
 */
export async function startMade(made: MadeContainer, context: StartContext): Promise<void> {
  let launch: Launch;
  try {
    const { prepared } = await connected({ id: made.directory.id, ...made }, context);
    launch = launchKept({ path: made.directory.path, ...made, prepared }, { type: 'background' }, context);
    await launch.running;
  } catch (error) {
    await discard(context.paths, made);
    throw error;
  }
  letGo(launch, made.held);
}

/** The monitor goes on. */
function letGo(launch: Launch, held: readonly number[]): void {
  launch.controls.destroy();
  for (const fd of held) closeSync(fd);
}

/**
 * `start`: with the files that it has. In the foreground the caller waits for `closed`; in the background there is nothing
 * more to wait for.
 *
 * @param who `policy`: the command that its monitor became to start it again
 * @returns null: it runs already, or was stopped before its policy could start it
 * @throws TsrunError naming the step that failed; the container stays as it was
 */
export function startKept(
  found: KeptContainer,
  attendance: Attendance,
  context: StartContext,
  who: 'person' | 'policy' = 'person',
): Promise<Launch | null> {
  return rememberingFailure(found.path, () => startNow(found, attendance, context, who));
}

async function startNow(
  found: KeptContainer,
  attendance: Attendance,
  context: StartContext,
  who: 'person' | 'policy',
): Promise<Launch | null> {
  const { paths } = context;
  const locked = await lockKept(paths, found, who);
  if (locked === null) return null;
  const { container, lock } = locked;
  const held = [lock];
  try {
    const { id, kept, path } = container;
    if (who === 'person') forgetRestarts(path);
    else if (container.state.status !== 'restarting' || wasStopped(path)) return null;
    // The image is what it was made from, whatever has its name now.
    const request = { ...kept.request, pull: 'missing', platform: null } as const;
    ensureBindSources(request, true);
    const host = await hostContextForRun(request);
    const image: ReadyImage = await openRequestedImage(kept.image.argument, request, host.userns, context);
    if (image.type === 'layers') held.push(image.lock);
    const { volumes } = container.record;
    if (volumes.length > 0) {
      const { restoreVolumes } = await import('../volumes/prepare-volumes.ts');
      await restoreVolumes(volumes, { paths, signal: context.signal, userns: host.userns });
    }
    const files = filesFor(paths, id);
    const resolved = await resolveJoins(paths, id, request, host.userns);
    const planned = preparePlan({
      request: resolved,
      image,
      id,
      paths,
      files,
      context: host,
      life: 'own',
    });
    sayNotes(planned, request, context);
    await changeFiles(container, () => {
      // Read again: it may have another name by now.
      const record = { ...(readRecord(path) ?? container.record), cgroup: planned.cgroup, userns: host.userns };
      writeWhole(join(path, recordFile), JSON.stringify(record), 0o600);
    });
    writeFiles(files, resolved, id, host.userns);
    // The host may have changed since it was made.
    writeConfig(path, planned.config);
    const connection = await connected({ id, request, prepared: planned, userns: host.userns, held }, context);
    const { prepared } = connection;
    writePlan(path, prepared.plan);
    const launch = launchKept({ path, prepared, kept, held, actor: actorOf(container) }, attendance, context);
    try {
      await launch.running;
    } catch (error) {
      await connection.giveBack();
      throw error;
    }
    rmSync(join(path, createdFile), { force: true });
    if (attendance.type === 'background') launch.controls.destroy();
    return launch;
  } finally {
    for (const fd of held) closeSync(fd);
  }
}
