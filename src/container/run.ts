/** The one road from an image argument to a running container and its end. */
import { closeSync } from 'node:fs';
import type { Paths } from '../host/paths.ts';
import type { Plan } from '../plan/plan.ts';
import type { ContainerControls } from '../process/foreground-signals.ts';
import { withCidfile } from './cidfile.ts';
import { containerEvents } from './container-events.ts';
import type { ContainerExit } from './exit.ts';
import { connected, type MadeContainer, makeUnkept, writeKept } from './kept/create-kept.ts';
import { launchKept } from './kept/launch-kept.ts';
import type { Launch, LaunchContext } from './launch.ts';
import { discard } from './new-container.ts';
import type { ImageSource } from './prepare.ts';
import { removeContainer } from './remove-container.ts';
import type { ContainerId, RunRequest } from './request/run-request.ts';
import { sweep } from './sweep.ts';

/** What starting a container needs from its caller. */
export interface RunContext extends ImageSource, LaunchContext {
  /** Descriptors for the container's standard input, output and error. */
  readonly stdio: readonly [number, number, number];
  /** Keys that let go of the container at its terminal; '': none. */
  readonly detachKeys: string;
}

export interface StartedContainer extends ContainerControls {
  readonly id: ContainerId;
  readonly name: string;
  /** PID 1 as the host sees it. */
  readonly pid: number;
  readonly plan: Plan;
  /**
   * Resolves when the container has ended, with `--rm` when nothing of it is left; null: it lives on, the person at its
   * terminal has let go.
   */
  readonly exit: Promise<ContainerExit | null>;
}

/**
 * Starts a container. Resolves when the command runs; rejects, with nothing left behind, when it cannot.
 *
 * @throws TsrunError naming the step that failed.
 */
export function startContainer(argument: string, asked: RunRequest, context: RunContext): Promise<StartedContainer> {
  return withCidfile(asked.cidfile, async (writeId) => {
    const made = await makeUnkept(argument, asked, context);
    const { directory, name } = made;
    const { id, path } = directory;
    try {
      writeId(id);
      const { prepared } = await connected({ id, ...made }, context);
      const { stdio, detachKeys } = context;
      const launch = launchKept(
        { path, ...made, prepared },
        { type: 'foreground', leaving: 'ends-it', stdio, detachKeys },
        context,
      );
      // Beside the monitor's work, and before its command can run: init waits until its question who the user is has been answered, by
      // this process when it next listens. Killed here, it takes the container along.
      await orEnd(launch, () => writeKept({ ...made, prepared }));
      const pid = await launch.running;
      const exit = endOf(launch, made, context.paths);
      return { id, name, pid, plan: prepared.plan, exit, ...launch.controls };
    } catch (error) {
      await discard(context.paths, made);
      throw error;
    }
  });
}

/** What a launch needs of us beside it: without it there is no container. */
async function orEnd(launch: Launch, work: () => void): Promise<void> {
  try {
    work();
  } catch (error) {
    launch.controls.destroy();
    await launch.running.catch(() => {});
    await launch.closed;
    throw error;
  }
}

/** Resolves when the container has ended and, if it is not kept, its directory is gone. */
function endOf(launch: Launch, made: MadeContainer, paths: Paths): Promise<ContainerExit | null> {
  const { directory, kept, held } = made;
  const exit = launch.closed.then(async () => {
    try {
      if (kept.removal === 'at-end' && !launch.isDetached)
        await removeContainer(paths, directory.id, 'anonymous-volumes-too');
    } finally {
      for (const fd of held) closeSync(fd);
    }
    if (launch.isDetached) containerEvents(paths, made.actor, ['detach']);
    await sweep(paths);
    return launch.exit();
  });
  // Whoever only disposes does not look at it: an error of the clean-up must not end their process.
  exit.catch(() => {});
  return exit;
}
