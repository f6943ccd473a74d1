/** One launch of a container, from the vfork to the end: the monitor's messages as promises and errors. */
import { closeSync } from 'node:fs';
import { TsrunError } from '../errors/tsrun-error.ts';
import { addon } from '../native/addon.ts';
import { launchMonitor, type RunningMonitor } from '../native/launch.ts';
import type { Lifetime, MonitorEventTarget, MonitorHealth, MonitorRecord, Streams } from '../native/launch-header.ts';
import type { LauncherMessage, MonitorMessage } from '../native/messages.ts';
import type { Plan } from '../plan/plan.ts';
import type { ContainerControls } from '../process/foreground-signals.ts';
import { Deferred } from './deferred.ts';
import { endedEarly } from './ended-early.ts';
import { enterScope } from './enter-scope.ts';
import { type ContainerExit, exitOf } from './exit.ts';
import { ContainerProcesses } from './left-processes.ts';
import type { StepEvent } from './step-event.ts';
import type { TerminalSize } from './terminal-size.ts';
import { answerLookup } from './user/answer-lookup.ts';

/** What a launched process can be told: it may have a terminal that its launcher alone knows the size of. */
export interface LaunchControls extends ContainerControls {
  resize(size: TerminalSize): void;
}

export interface LaunchContext {
  /** Ends the run: while the image is read, and afterwards by killing the container. */
  readonly signal: AbortSignal;
  /** One line for the person: a limit that is not in force, for example. */
  notice(line: string): void;
  /** The monitor runs: from here on the container can be told things; signals are kept until its command has started. */
  onLaunch(controls: LaunchControls): void;
  /** Follows the steps, when somebody narrates; the command starts after the last event was listened to. */
  readonly onStep: ((event: StepEvent) => void) | null;
}

export interface LaunchRequest {
  readonly plan: Plan;
  /** The container's own control group, which goes with it; null: none. */
  readonly cgroup: string | null;
  readonly lifetime: Lifetime;
  readonly streams: Streams;
  /** What the monitor of a kept container leaves; null: it is not kept. */
  readonly record: MonitorRecord | null;
  /** Where its start and end are told; null: it is a process of a container, or an OCI client's. */
  readonly events: MonitorEventTarget | null;
  /** null: nobody looks how it is. */
  readonly health: LaunchHealth | null;
  readonly stdio: readonly [number, number, number];
  /** Locks for the monitor to hold. */
  readonly keep: readonly number[];
  readonly context: LaunchContext;
}

const sigkill = 9;
export interface LaunchHealth extends MonitorHealth {
  /** Writes down how it is checked, which depends on who its user is, before its command starts. */
  prepare(user: UserAnswer): Promise<void>;
}

export type UserAnswer = Extract<LauncherMessage, { readonly type: 'answer' }>;

export class Launch {
  /** PID 1 as the host sees it, once the command runs. Rejects when it never does, with nothing of it left but files. */
  readonly running: Promise<number>;
  /** The monitor has ended, whether it said how the container ended or not. */
  readonly closed: Promise<void>;
  readonly controls: LaunchControls;
  /** The person at the terminal has let go; to be asked after {@link closed}. */
  isDetached = false;
  readonly #monitor: RunningMonitor;
  readonly #plan: Plan;
  readonly #cgroup: string | null;
  readonly #lifetime: Lifetime;
  readonly #health: LaunchHealth | null;
  readonly #context: LaunchContext;
  readonly #isRunning = new Deferred();
  /** Each freeze that was asked for and not yet acknowledged, oldest first: the monitor answers in order. */
  readonly #freezing: Deferred[] = [];
  #handled: Promise<void> = Promise.resolve();
  #failure: Error | null = null;
  #pid: number | null = null;
  #exit: ContainerExit | null = null;
  /**
   * The monitor reads pipes that the container has too, and whoever has a pipe can make its reader sleep, deaf to everybody
   * (native/addon/pipe.cc says how): such a container is also killed from here.
   */
  readonly #mayBeStuck: boolean;
  #firstProcess: number | null = null;
  /** Only where nothing else ends them all when the monitor cannot. */
  #processes: ContainerProcesses | null = null;

  constructor({ plan, cgroup, lifetime, streams, record, events, health, stdio, keep, context }: LaunchRequest) {
    this.#plan = plan;
    this.#cgroup = cgroup;
    this.#lifetime = lifetime;
    this.#health = health;
    this.#context = context;
    this.#mayBeStuck = lifetime === 'launcher' && (record?.log ?? null) !== null && !streams.relayTerminal;
    const closed = new Deferred();
    this.closed = closed.promise;
    this.#monitor = launchMonitor(
      {
        plan,
        header: {
          reportProgress: context.onStep !== null,
          lifetime,
          streams,
          killCgroup: cgroup ?? '',
          record,
          events,
          health,
        },
        stdio,
        keep,
      },
      {
        message: (message, fd) => {
          const handled = this.#receive(message, fd);
          this.#handled = this.#handled.then(() => handled);
        },
        // What was said before the end may still be put into words.
        closed: () =>
          void this.#handled.then(() => {
            this.#endLeft();
            if (this.#firstProcess !== null) closeSync(this.#firstProcess);
            this.#firstProcess = null;
            this.#isRunning.resolve();
            closed.resolve();
          }),
      },
    );
    this.controls = {
      kill: (signal) => void this.#monitor.send({ type: 'signal', signal }),
      freeze: () => this.#freeze(),
      thaw: () => void this.#monitor.send({ type: 'thaw' }),
      resize: ({ rows, columns }) => void this.#monitor.send({ type: 'resize', rows, columns }),
      destroy: () => this.#destroy(),
    };
    context.onLaunch(this.controls);
    const abort = (): void => this.#destroy();
    context.signal.addEventListener('abort', abort, { once: true });
    void this.closed.then(() => context.signal.removeEventListener('abort', abort));
    if (context.signal.aborted) abort();
    this.running = this.#isRunning.promise.then(async () => {
      if (this.#pid !== null && this.#failure === null) return this.#pid;
      await this.closed;
      context.onStep?.({ type: 'failed' });
      throw this.#failure ?? this.#whyEnded();
    });
  }

  /**
   * How the container ended; to be asked after {@link closed}.
   *
   * @returns null: it lives on, the person at its terminal has let go
   * @throws TsrunError ABORTED or MONITOR_LOST when the monitor could not say
   */
  exit(): ContainerExit | null {
    if (this.isDetached) return null;
    if (this.#exit === null) throw this.#whyEnded();
    return this.#exit;
  }

  /** The descriptor lives until the message is dealt with. */
  async #receive(message: MonitorMessage, fd: number): Promise<void> {
    try {
      const words = this.#handle(message, fd);
      // Nothing of a later message may wait for this one: only words take long.
      if (words !== null) await words;
    } catch (error) {
      this.#giveUp(error as Error);
    } finally {
      if (fd >= 0 && fd !== this.#firstProcess) closeSync(fd);
    }
  }

  /** @returns null: done; else what is still to be said */
  #handle(message: MonitorMessage, fd: number): Promise<void> | null {
    const plan = this.#plan;
    switch (message.type) {
      case 'started':
        this.#pid = message.pid;
        this.#isRunning.resolve();
        break;
      case 'exited':
        this.#exit = exitOf(message.waitStatus);
        break;
      case 'lookup':
        return this.#answer(answerLookup(plan, message.step, fd));
      case 'step-failed':
        return import('./step-report.ts').then(({ explainFailure }) => {
          this.#failure ??= explainFailure(plan, message, fd);
          this.#monitor.send({ type: 'acknowledge' });
        });
      case 'note':
        return import('./step-report.ts').then(({ noteOf }) => this.#context.notice(noteOf(plan, message, fd)));
      case 'step-done':
        this.#context.onStep?.({ ...message, type: 'done' });
        break;
      case 'ready':
        this.#context.onStep?.({ type: 'ready' });
        this.#monitor.send({ type: 'acknowledge' });
        break;
      case 'scope':
        enterScope(plan, message, this.#monitor).catch((error: Error) => this.#giveUp(error));
        break;
      case 'bad-plan':
        this.#failure ??= new Error(`the helper refuses step ${message.step} of the plan, byte ${message.offset}`);
        break;
      case 'acknowledged':
        this.#freezing.shift()?.resolve();
        break;
      case 'cloned':
        if (this.#mayBeStuck) this.#firstProcess = fd;
        if (this.#leavesProcesses()) this.#processes = new ContainerProcesses(message.pid);
        break;
      case 'detached':
        this.isDetached = true;
        this.#monitor.letGo();
        break;
      case 'console':
        break;
      case 'runtime-hooks':
      case 'created':
      case 'handed-over':
        throw new Error(`the helper says ${message.type}, and no plan of run has that step`);
    }
    return null;
  }

  #answer(user: UserAnswer): Promise<void> | null {
    const prepared = this.#health?.prepare(user).then(() => void this.#monitor.send(user));
    if (prepared === undefined) this.#monitor.send(user);
    return prepared ?? null;
  }

  #giveUp(error: Error): void {
    this.#failure ??= error;
    this.#destroy();
  }

  #destroy(): void {
    this.#monitor.hangUp();
    if (this.#firstProcess === null) return;
    try {
      addon().pidfdSignal(this.#firstProcess, sigkill);
    } catch {
      // It has ended.
    }
  }

  /** A monitor that ends meanwhile has nothing left to freeze. */
  #freeze(): Promise<void> {
    const frozen = new Deferred();
    this.#freezing.push(frozen);
    this.#monitor.send({ type: 'freeze' });
    return Promise.race([frozen.promise, this.closed]);
  }

  /** Whether the death of PID 1, or the sweep of the control group, ends all processes of the container. */
  #endsWhole(): boolean {
    const clone = this.#plan.steps.find((step) => step.kind === 'clone');
    return this.#cgroup !== null || clone?.namespaces.includes('pid') === true;
  }

  /**
   * Whether those that a killed monitor leaves are ours to find: not when they are a whole container's that this process has
   * entered, nor when it is to live without us.
   */
  #leavesProcesses(): boolean {
    const clone = this.#plan.steps.find((step) => step.kind === 'clone');
    return this.#lifetime === 'launcher' && clone?.namespaces.includes('mount') === true && !this.#endsWhole();
  }

  /** A monitor that ends in order has ended the others too. */
  #endLeft(): void {
    if (this.#exit === null && !this.isDetached) this.#processes?.end();
    this.#processes?.[Symbol.dispose]();
    this.#processes = null;
  }

  /** The monitor is gone and has not said how the container ended. */
  #whyEnded(): Error {
    if (this.#context.signal.aborted) return new TsrunError('ABORTED', 'the container was aborted');
    return endedEarly(this.#plan, this.#exit);
  }
}
