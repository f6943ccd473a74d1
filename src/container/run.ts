/** The one road from an image argument to a running container and its end. */
import { closeSync } from 'node:fs';
import { TsrunError } from '../errors/tsrun-error.ts';
import { rootIsSomebodyElse } from '../host/id-maps.ts';
import { launchMonitor, type RunningMonitor } from '../native/launch.ts';
import type { StepFailure } from '../native/messages.ts';
import type { Plan } from '../plan/plan.ts';
import type { ContainerControls } from '../process/foreground-signals.ts';
import { claimCidfile } from './cidfile.ts';
import { limitsAsked } from './config/resources.ts';
import { withoutPrimitives } from './config/without.ts';
import { type ContainerDirectory, claimName, createContainerDirectory, filesFor } from './container-directory.ts';
import { newContainerId } from './container-id.ts';
import { Deferred } from './deferred.ts';
import { enterScope } from './enter-scope.ts';
import { execError } from './exec-error.ts';
import { type ContainerExit, exitOf } from './exit.ts';
import {
  ensureBindSources,
  hostContextForRun,
  type ImageSource,
  openRequestedImage,
  type Prepared,
  preparePlan,
  writeFiles,
} from './prepare.ts';
import { removeContainer, sweepContainer } from './remove-container.ts';
import { generateName } from './request/generated-name.ts';
import type { ContainerId, RunRequest } from './request/run-request.ts';
import { saidBefore } from './said-once.ts';
import { stepError, whyOf } from './step-error.ts';
import type { StepEvent } from './step-event.ts';
import { sweep } from './sweep.ts';
import { answerLookup } from './user/answer-lookup.ts';

/** What starting a container needs from its caller. */
export interface RunContext extends ImageSource {
  /** Descriptors for the container's standard input, output and error. */
  readonly stdio: readonly [number, number, number];
  /** Ends the run: while the image is read, and afterwards by killing the container. */
  readonly signal: AbortSignal;
  /** One line for the person: a limit that is not in force, for example. */
  notice(line: string): void;
  /** The monitor runs: from here on the container can be told things; signals are kept until its command has started. */
  onLaunch(controls: ContainerControls): void;
  /** Follows the steps, when somebody narrates; the command starts after the last event was listened to. */
  readonly onStep: ((event: StepEvent) => void) | null;
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
  if (asked.detach) {
    throw new TsrunError('NOT_YET', 'cannot detach a container yet', {
      why: 'containers that outlive their command are not built yet',
      hint: 'leave -d out; the container then lives as long as this command',
    });
  }
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
    // What somebody asked for is said every time; what we would have liked, once.
    const insisted = limitsAsked(request);
    for (const note of prepared.notes) if (insisted || !saidBefore(paths, note)) context.notice(note);
    directory = await createContainerDirectory(paths, {
      version: 1,
      id,
      name,
      cgroup: prepared.cgroup,
      userns: host.userns,
    });
    held.push(directory.lock);
    if (request.name !== null) await claimName(paths, request.name, id, (holder) => sweepContainer(paths, holder));
    writeFiles(directory, request, id, host.userns);
    // Loaded here: few containers need it.
    if (rootIsSomebodyElse(host.userns)) {
      await (await import('./writable-layer.ts')).giveToRootInside(directory, host.userns, context.signal);
    }
    onId(id);
    context.onStep?.({ type: 'planned', plan: prepared.plan, places: prepared.places });
    return await new Launch(request, context, prepared, directory, name, held).started;
  } catch (error) {
    // What went wrong first is what the person wants to know; what cannot be removed now is the next command's to sweep.
    if (directory !== null) await removeContainer(paths, id).catch(() => {});
    for (const fd of held) closeSync(fd);
    throw error;
  }
}

/** A launch from the vfork to the end. */
class Launch {
  readonly started: Promise<StartedContainer>;
  readonly #monitor: RunningMonitor;
  #failure: Error | null = null;
  #pid: number | null = null;
  #exit: ContainerExit | null = null;
  readonly #ended: Promise<void>;
  /** Each freeze that was asked for and not yet acknowledged, oldest first: the monitor answers in order. */
  readonly #freezing: Deferred[] = [];
  readonly #controls: ContainerControls;
  readonly #prepared: Prepared;
  readonly #context: RunContext;

  constructor(
    request: RunRequest,
    context: RunContext,
    prepared: Prepared,
    directory: ContainerDirectory,
    name: string,
    held: readonly number[],
  ) {
    this.#prepared = prepared;
    this.#context = context;
    const running = new Deferred();
    const ended = new Deferred();
    this.#ended = ended.promise;
    this.#monitor = launchMonitor(
      {
        plan: prepared.plan,
        header: {
          reportProgress: context.onStep !== null,
          lifetime: 'launcher',
          relayTerminal: request.terminal,
          killCgroup: prepared.cgroup ?? '',
        },
        stdio: context.stdio,
        keep: held,
      },
      {
        message: (message, fd) => {
          try {
            switch (message.type) {
              case 'started':
                this.#pid = message.pid;
                running.resolve();
                break;
              case 'exited':
                this.#exit = exitOf(message.waitStatus);
                break;
              case 'lookup':
                this.#monitor.send(answerLookup(prepared.plan, message.step, fd));
                break;
              case 'step-failed':
                this.#failure ??= this.#explain(message, fd);
                this.#monitor.send({ type: 'acknowledge' });
                break;
              case 'note':
                this.#note(message);
                break;
              case 'step-done':
                context.onStep?.({ ...message, type: 'done' });
                break;
              case 'ready':
                context.onStep?.({ type: 'ready' });
                this.#monitor.send({ type: 'acknowledge' });
                break;
              case 'scope':
                enterScope(prepared.plan, message.step, this.#monitor).catch((error: Error) => {
                  this.#failure ??= error;
                  this.#monitor.hangUp();
                });
                break;
              case 'bad-plan':
                this.#failure ??= new Error(
                  `the helper refuses step ${message.step} of the plan, byte ${message.offset}`,
                );
                break;
              case 'acknowledged':
                this.#freezing.shift()?.resolve();
                break;
              case 'console':
              case 'cloned':
                break;
              case 'runtime-hooks':
              case 'created':
              case 'handed-over':
                throw new Error(`the helper says ${message.type}, and no plan of run has that step`);
            }
          } catch (error) {
            this.#failure ??= error as Error;
            this.#monitor.hangUp();
          } finally {
            if (fd >= 0) closeSync(fd);
          }
        },
        closed: () => {
          running.resolve();
          ended.resolve();
        },
      },
    );
    this.#controls = {
      kill: (signal) => void this.#monitor.send({ type: 'signal', signal }),
      freeze: () => this.#freeze(),
      thaw: () => void this.#monitor.send({ type: 'thaw' }),
      destroy: () => this.#monitor.hangUp(),
    };
    context.onLaunch(this.#controls);
    const abort = (): void => this.#monitor.hangUp();
    context.signal.addEventListener('abort', abort, { once: true });
    void this.#ended.then(() => context.signal.removeEventListener('abort', abort));
    if (context.signal.aborted) abort();
    this.started = running.promise.then(async () => {
      if (this.#pid === null || this.#failure !== null) {
        await this.#ended;
        context.onStep?.({ type: 'failed' });
        throw this.#failure ?? this.#whyEnded();
      }
      return this.#handle(directory, name, held, this.#pid);
    });
  }

  #handle(directory: ContainerDirectory, name: string, held: readonly number[], pid: number): StartedContainer {
    const { paths } = this.#context;
    const exit = this.#ended.then(async () => {
      try {
        await removeContainer(paths, directory.id);
      } finally {
        for (const fd of held) closeSync(fd);
      }
      await sweep(paths);
      if (this.#exit === null) throw this.#whyEnded();
      return this.#exit;
    });
    // Whoever only disposes does not look at it: an error of the clean-up must not end their process.
    exit.catch(() => {});
    return {
      id: directory.id,
      name,
      pid,
      plan: this.#prepared.plan,
      exit,
      ...this.#controls,
    };
  }

  /** A monitor that ends meanwhile has nothing left to freeze. */
  #freeze(): Promise<void> {
    const frozen = new Deferred();
    this.#freezing.push(frozen);
    this.#monitor.send({ type: 'freeze' });
    return Promise.race([frozen.promise, this.#ended]);
  }

  /** Whether the death of PID 1, or the sweep of the control group, ends all processes of the container. */
  #endsWhole(): boolean {
    const clone = this.#prepared.plan.steps.find((step) => step.kind === 'clone');
    return this.#prepared.cgroup !== null || clone?.namespaces.includes('pid') === true;
  }

  /** The monitor is gone and has not said how the container ended. */
  #whyEnded(): Error {
    if (this.#context.signal.aborted) return new TsrunError('ABORTED', 'the container was aborted');
    if (this.#exit !== null) {
      return new TsrunError('STEP_FAILED', 'the container ended before its command could start', {
        why: this.#exit.signal === null ? `status ${this.#exit.exitCode}` : `it was killed by ${this.#exit.signal}`,
      });
    }
    return new TsrunError('MONITOR_LOST', 'lost the monitor of the container', {
      why: this.#endsWhole()
        ? 'the process that watches it was killed, and took the container along'
        : 'the process that watches it was killed, and took PID 1 of the container along; what else ran in it may live on, because it has neither a pid namespace nor a control group of its own',
    });
  }

  #explain(failure: StepFailure, root: number): Error {
    const step = this.#prepared.plan.steps[failure.step];
    const last = step?.kind === 'exec' || step?.kind === 'working-directory';
    if (last && root >= 0) return execError(this.#prepared.plan, step, failure, root);
    return stepError(this.#prepared.plan, failure);
  }

  #note(failure: StepFailure): void {
    const step = this.#prepared.plan.steps[failure.step];
    if (step === undefined) return;
    const what = step.kind === 'cgroup-write' ? `${step.file} = ${step.value} is not in force` : `skipped ${step.kind}`;
    this.#context.notice(`${what}: ${whyOf(step, failure)}`);
  }
}
