/** One launch for the OCI verbs: the monitor's messages as promises, and what the caller does at each point of the road. */
import { closeSync } from 'node:fs';
import { TsrunError } from '../../errors/tsrun-error.ts';
import { launchMonitor, type RunningMonitor } from '../../native/launch.ts';
import type { MonitorMessage, StepFailure } from '../../native/messages.ts';
import type { LaunchHeader } from '../../native/plan-codec.ts';
import type { Plan } from '../../plan/plan.ts';
import { Deferred } from '../deferred.ts';
import { enterScope } from '../enter-scope.ts';
import { execError } from '../exec-error.ts';
import { type ContainerExit, exitOf } from '../exit.ts';
import { stepError, whyOf } from '../step-error.ts';
import { answerHome } from './answer-home.ts';

export interface OciLaunchRequest {
  readonly plan: Plan;
  readonly header: LaunchHeader;
  readonly stdio: readonly [number, number, number];
  readonly keep: readonly number[];
  /** At each of these init or the monitor waits; a rejection ends the container. */
  readonly on: {
    /** PID 1 exists. */
    cloned(pid: number): Promise<void> | void;
    runtimeHooks(pid: number): Promise<void>;
    /** Init waits for its start: pid file and state are to be written. */
    created(pid: number): Promise<void> | void;
    /** A best-effort step that failed. */
    notice(line: string): void;
  };
}

export interface OciLaunched {
  /** PID of the new process: it waits for its start, or its command runs. Rejects when it never gets there. */
  readonly ready: Promise<number>;
  /** How it ended; null: it was handed over. */
  readonly ended: Promise<ContainerExit | null>;
  kill(signal: number): void;
  destroy(): void;
}

/** @throws Error with `errno` when the monitor cannot be started */
export function launchOci(request: OciLaunchRequest): OciLaunched {
  const { plan, on } = request;
  const ready = new Deferred();
  const closed = new Deferred();
  let failure: Error | null = null;
  let pid: number | null = null;
  let exit: ContainerExit | null = null;
  const monitor: RunningMonitor = launchMonitor(request, {
    message: (message, fd) => {
      try {
        handle(message, fd);
      } catch (error) {
        failure ??= error as Error;
        monitor.hangUp();
      } finally {
        if (fd >= 0) closeSync(fd);
      }
    },
    closed: () => {
      ready.resolve();
      closed.resolve();
    },
  });
  /** Init waits for the word that the work was done. */
  const whenDone = (work: Promise<void> | void): void => {
    Promise.resolve(work).then(
      () => void monitor.send({ type: 'acknowledge' }),
      (error: Error) => {
        failure ??= error;
        monitor.hangUp();
      },
    );
  };
  const handle = (message: MonitorMessage, fd: number): void => {
    switch (message.type) {
      case 'cloned':
        Promise.resolve(on.cloned(message.pid)).catch((error: Error) => {
          failure ??= error;
          monitor.hangUp();
        });
        return;
      case 'lookup':
        monitor.send(answerHome(plan, message.step, fd));
        return;
      case 'runtime-hooks':
        whenDone(on.runtimeHooks(message.pid));
        return;
      case 'created':
        whenDone(on.created(message.pid));
        return;
      case 'handed-over':
      case 'started':
        pid = message.pid;
        ready.resolve();
        return;
      case 'exited':
        exit = exitOf(message.waitStatus);
        return;
      case 'step-failed':
        failure ??= explain(plan, message, fd);
        monitor.send({ type: 'acknowledge' });
        return;
      case 'note':
        on.notice(noteOf(plan, message));
        return;
      case 'bad-plan':
        failure ??= new Error(`the helper refuses step ${message.step} of the plan, byte ${message.offset}`);
        return;
      case 'scope':
        // It tells the monitor to go on itself.
        enterScope(plan, message.step, monitor).catch((error: Error) => {
          failure ??= error;
          monitor.hangUp();
        });
        return;
      case 'ready':
        monitor.send({ type: 'acknowledge' });
        return;
      default:
        return;
    }
  };
  return {
    ready: ready.promise.then(async () => {
      if (pid !== null && failure === null) return pid;
      await closed.promise;
      throw failure ?? endedEarly(exit);
    }),
    ended: closed.promise.then(() => exit),
    kill: (signal) => void monitor.send({ type: 'signal', signal }),
    destroy: () => monitor.hangUp(),
  };
}

const endedEarly = (exit: ContainerExit | null): TsrunError =>
  exit === null
    ? new TsrunError('MONITOR_LOST', 'lost the monitor of the container', {
        why: 'the process that watches it was killed, and took the container along',
      })
    : new TsrunError('STEP_FAILED', 'the container ended before its command could start', {
        why: exit.signal === null ? `status ${exit.exitCode}` : `it was killed by ${exit.signal}`,
      });

export function explain(plan: Plan, failure: StepFailure, root: number): Error {
  const step = plan.steps[failure.step];
  if (root >= 0 && (step?.kind === 'exec' || step?.kind === 'working-directory' || step?.kind === 'find-command')) {
    const exec = step.kind === 'find-command' ? plan.steps.find(({ kind }) => kind === 'exec') : step;
    if (exec?.kind === 'exec' || exec?.kind === 'working-directory') return execError(plan, exec, failure, root);
  }
  return stepError(plan, failure);
}

function noteOf(plan: Plan, failure: StepFailure): string {
  const step = plan.steps[failure.step];
  if (step === undefined) return `step ${failure.step} was skipped`;
  const what = step.kind === 'cgroup-write' ? `${step.file} = ${step.value} is not in force` : `skipped ${step.kind}`;
  return `${what}: ${whyOf(step, failure)}`;
}
