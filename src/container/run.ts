/** The one road from an image argument to a running container and its end. */
import { closeSync } from 'node:fs';
import type { Paths } from '../host/paths.ts';
import type { Plan } from '../plan/plan.ts';
import type { ContainerControls } from '../process/foreground-signals.ts';
import { withCidfile } from './cidfile.ts';
import { monitorEvents } from './container-events.ts';
import type { ContainerExit } from './exit.ts';
import { Launch, type LaunchContext } from './launch.ts';
import { discard, newContainer } from './new-container.ts';
import type { ImageSource } from './prepare.ts';
import { removeContainer } from './remove-container.ts';
import type { ContainerId, RunRequest } from './request/run-request.ts';
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
export function startContainer(argument: string, asked: RunRequest, context: RunContext): Promise<StartedContainer> {
  return withCidfile(asked.cidfile, async (writeId) => {
    const made = await newContainer(argument, asked, context, 'when-asked');
    const { directory, name, request, prepared, held } = made;
    const { id } = directory;
    try {
      writeId(id);
      context.onStep?.({ type: 'planned', plan: prepared.plan, places: prepared.places });
      const launch = new Launch({
        plan: prepared.plan,
        cgroup: prepared.cgroup,
        lifetime: 'launcher',
        relayTerminal: request.terminal,
        record: null,
        events: monitorEvents(context.paths, made.actor),
        stdio: context.stdio,
        keep: held,
        context,
      });
      const pid = await launch.running;
      const exit = endOf(launch, id, context.paths, held);
      return { id, name, pid, plan: prepared.plan, exit, ...launch.controls };
    } catch (error) {
      await discard(context.paths, made);
      throw error;
    }
  });
}

/** Resolves when the container has ended and its directory is gone. */
function endOf(launch: Launch, id: ContainerId, paths: Paths, held: readonly number[]): Promise<ContainerExit> {
  const exit = launch.closed.then(async () => {
    try {
      await removeContainer(paths, id, 'anonymous-volumes-too');
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
