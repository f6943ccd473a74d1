/** Starts a kept container, for the first time or again. Afterwards it lives without the command that started it. */

import { closeSync, openSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { ReadyImage } from '../../image/image.ts';
import type { MonitorRecord } from '../../native/plan-codec.ts';
import { filesFor, readRecord, recordFile } from '../container-directory.ts';
import { type EventActor, monitorEvents } from '../container-events.ts';
import { Launch, type LaunchContext } from '../launch.ts';
import {
  ensureBindSources,
  hostContextForRun,
  type ImageSource,
  openRequestedImage,
  type Prepared,
  preparePlan,
  writeFiles,
} from '../prepare.ts';
import { removeContainer } from '../remove-container.ts';
import { sayNotes } from '../said-once.ts';
import { writeWhole } from '../state/oci-directory.ts';
import { changeFiles } from './change-files.ts';
import { writeConfig } from './config-file.ts';
import type { MadeContainer } from './create-kept.ts';
import { epilogueFor } from './epilogue.ts';
import { actorOf, createdFile, type KeptContainer } from './kept-container.ts';
import type { KeptRecord } from './kept-record.ts';
import { lockKept } from './lock.ts';

/** What is asked of a log when nobody says: three files of 10 MiB. */
const logLimits = { size: 10 * 2 ** 20, files: 3 } as const;

export interface StartContext extends ImageSource, LaunchContext {}

/**
 * The other half of `run -d`.
 *
 * @throws TsrunError naming the step that failed, with nothing of the container left behind
 */
export async function startMade(made: MadeContainer, context: StartContext): Promise<void> {
  const { directory, prepared, held } = made;
  try {
    await launch(directory.path, prepared, made, held, context);
  } catch (error) {
    await removeContainer(context.paths, directory.id, 'anonymous-volumes-too').catch(() => {});
    throw error;
  } finally {
    for (const fd of held) closeSync(fd);
  }
}

/**
 * `start`: with the files that it has.
 *
 * @returns false: it runs already
 * @throws TsrunError naming the step that failed; the container stays as it was
 */
export async function startKept(found: KeptContainer, context: StartContext): Promise<boolean> {
  const { paths } = context;
  const locked = await lockKept(paths, found);
  if (locked === null) return false;
  const { container, lock } = locked;
  const held = [lock];
  try {
    const { id, kept, path } = container;
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
    const prepared = preparePlan({ request, image, id, paths, files, context: host });
    sayNotes(prepared, request, context);
    await changeFiles(container, () => {
      // Read again: it may have another name by now.
      const record = { ...(readRecord(path) ?? container.record), cgroup: prepared.cgroup, userns: host.userns };
      writeWhole(join(path, recordFile), JSON.stringify(record), 0o600);
    });
    writeFiles(files, request, id, host.userns);
    await launch(path, prepared, { kept, actor: actorOf(container) }, held, context);
    rmSync(join(path, createdFile), { force: true });
    return true;
  } finally {
    for (const fd of held) closeSync(fd);
  }
}

async function launch(
  path: string,
  prepared: Prepared,
  { kept, actor }: { readonly kept: KeptRecord; readonly actor: EventActor },
  held: readonly number[],
  context: StartContext,
): Promise<void> {
  // What `exec` gives its processes: capabilities, filter, environment.
  writeConfig(path, prepared.config);
  const record: MonitorRecord = { directory: path, log: logLimits, ...epilogueFor(kept, path, context.paths) };
  context.onStep?.({ type: 'planned', plan: prepared.plan, places: prepared.places });
  const nothing = openSync('/dev/null', 'r+');
  try {
    const started = new Launch({
      plan: prepared.plan,
      cgroup: prepared.cgroup,
      lifetime: 'own',
      relayTerminal: kept.request.terminal,
      record,
      events: monitorEvents(context.paths, actor),
      stdio: [nothing, nothing, nothing],
      keep: held,
      context,
    });
    await started.running;
    // The connection alone: the monitor goes on.
    started.controls.destroy();
  } finally {
    closeSync(nothing);
  }
}
