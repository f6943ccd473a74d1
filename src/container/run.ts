/** The one road from an image argument to a running container and its end. */
import { closeSync } from 'node:fs';
import { rootIsSomebodyElse } from '../host/id-maps.ts';
import type { Paths } from '../host/paths.ts';
import type { Plan } from '../plan/plan.ts';
import type { ContainerControls } from '../process/foreground-signals.ts';
import { claimCidfile } from './cidfile.ts';
import { deviceRulesAsked } from './config/devices.ts';
import { limitsAsked } from './config/resources.ts';
import { withoutPrimitives } from './config/without.ts';
import { type ContainerDirectory, claimName, createContainerDirectory, filesFor } from './container-directory.ts';
import { newContainerId } from './container-id.ts';
import type { ContainerExit } from './exit.ts';
import { Launch, type LaunchContext } from './launch.ts';
import {
  ensureBindSources,
  hostContextForRun,
  type ImageSource,
  openRequestedImage,
  preparePlan,
  writeFiles,
} from './prepare.ts';
import { removeContainer, sweepContainer } from './remove-container.ts';
import { generateName } from './request/generated-name.ts';
import type { ContainerId, RunRequest } from './request/run-request.ts';
import { sayNotes } from './said-once.ts';
import { sweep } from './sweep.ts';

/** What starting a container needs from its caller. */
export interface RunContext extends ImageSource, LaunchContext {
  /** Descriptors for the container's standard input, output and error. */
  readonly stdio: readonly [number, number, number];
}

export interface StartedContainer extends ContainerControls {
  readonly id: ContainerId;
  readonly name: string;
  /** PID 1 as the host sees it. */
  readonly pid: number;
  readonly plan: Plan;
  /** Resolves when the container has ended and nothing of it is left. */
  readonly exit: Promise<ContainerExit>;
}

/**
 * Starts a container. Resolves when the command runs; rejects, with nothing left behind, when it cannot.
 *
 * @throws TsrunError naming the step that failed.
 */
export async function startContainer(
  argument: string,
  asked: RunRequest,
  context: RunContext,
): Promise<StartedContainer> {
  const request = withoutPrimitives(asked);
  ensureBindSources(request, true);
  const cidfile = request.cidfile === null ? null : claimCidfile(request.cidfile);
  try {
    return await launchContainer(argument, request, context, (id) => cidfile?.write(id));
  } catch (error) {
    cidfile?.giveUp();
    throw error;
  }
}

async function launchContainer(
  argument: string,
  request: RunRequest,
  context: RunContext,
  onId: (id: ContainerId) => void,
): Promise<StartedContainer> {
  const { paths } = context;
  const host = await hostContextForRun(request);
  const image = await openRequestedImage(argument, request, host.userns, context);
  const id = newContainerId();
  const name = request.name ?? generateName(() => false);
  const held: number[] = image.type === 'layers' ? [image.lock] : [];
  let directory: ContainerDirectory | null = null;
  try {
    const prepared = preparePlan({ request, image, id, paths, files: filesFor(paths, id), context: host });
    sayNotes(prepared.notes, {
      paths,
      insisted: limitsAsked(request) || deviceRulesAsked(request),
      notice: context.notice,
    });
    directory = await createContainerDirectory(
      paths,
      { version: 1, id, name, cgroup: prepared.cgroup, userns: host.userns },
      context.signal,
    );
    held.push(directory.lock);
    if (request.name !== null) await claimName(paths, request.name, id, (holder) => sweepContainer(paths, holder));
    writeFiles(directory, request, id, host.userns);
    // Loaded here: few containers need it.
    if (rootIsSomebodyElse(host.userns)) {
      await (await import('./writable-layer.ts')).giveToRootInside(directory, host.userns, context.signal);
    }
    onId(id);
    context.onStep?.({ type: 'planned', plan: prepared.plan, places: prepared.places });
    const launch = new Launch({
      plan: prepared.plan,
      cgroup: prepared.cgroup,
      lifetime: 'launcher',
      relayTerminal: request.terminal,
      record: null,
      stdio: context.stdio,
      keep: held,
      context,
    });
    const pid = await launch.running;
    return {
      id,
      name,
      pid,
      plan: prepared.plan,
      exit: endOf(launch, id, paths, held),
      ...launch.controls,
    };
  } catch (error) {
    // What went wrong first is what the person wants to know; what cannot be removed now is the next command's to sweep.
    if (directory !== null) await removeContainer(paths, id).catch(() => {});
    for (const fd of held) closeSync(fd);
    throw error;
  }
}

/** Resolves when the container has ended and its directory is gone. */
function endOf(launch: Launch, id: ContainerId, paths: Paths, held: readonly number[]): Promise<ContainerExit> {
  const exit = launch.closed.then(async () => {
    try {
      await removeContainer(paths, id);
    } finally {
      for (const fd of held) closeSync(fd);
    }
    await sweep(paths);
    return launch.exit();
  });
  // Whoever only disposes does not look at it: an error of the clean-up must not end their process.
  exit.catch(() => {});
  return exit;
}
