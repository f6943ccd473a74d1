/** One launch for the OCI verbs: the monitor's messages as promises, and what the caller does at each point of the road. */
import { closeSync } from 'node:fs';
import { launchMonitor, type RunningMonitor } from '../../native/launch.ts';
import type { LaunchHeader } from '../../native/launch-header.ts';
import type { MonitorMessage } from '../../native/messages.ts';
import type { Plan } from '../../plan/plan.ts';
import { Deferred } from '../deferred.ts';
import { endedEarly } from '../ended-early.ts';
import { enterScope } from '../enter-scope.ts';
import { type ContainerExit, exitOf } from '../exit.ts';
import { answerHome } from './answer-home.ts';

export interface OciLaunchRequest {
  readonly plan: Plan;
  readonly header: LaunchHeader;
  readonly stdio: readonly [number, number, number];
  readonly keep: readonly number[];
  /** At each of these init or the monitor waits; a rejection ends the container. */
  readonly on: {
    /** PID 1 exists; the pidfd is closed afterwards. */
    cloned(pid: number, pidfd: number): Promise<void> | void;
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
  /** Whether the monitor passes this process's terminal on. */
  readonly relaysTerminal: boolean;
  kill(signal: number): void;
  destroy(): void;
}

/** @throws Error with `errno` when the monitor cannot be started */
export function launchOci(request: OciLaunchRequest): OciLaunched {
  const { plan, on } = request;
  const ready = new Deferred();
  const closed = new Deferred();
  let handled: Promise<void> = Promise.resolve();
  let failure: Error | null = null;
  let pid: number | null = null;
  let exit: ContainerExit | null = null;
  const monitor: RunningMonitor = launchMonitor(request, {
    message: (message, fd) => {
      const done = receive(message, fd);
      handled = handled.then(() => done);
    },
    // What was said before the end may still be put into words.
    closed: () =>
      void handled.then(() => {
        ready.resolve();
        closed.resolve();
      }),
  });
  /** The descriptor lives until the message is dealt with. */
  const receive = async (message: MonitorMessage, fd: number): Promise<void> => {
    try {
      const words = handle(message, fd);
      if (words !== null) await words;
    } catch (error) {
      failure ??= error as Error;
      monitor.hangUp();
    } finally {
      if (fd >= 0) closeSync(fd);
    }
  };
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
  /** @returns null: done; else what is still to be said */
  const handle = (message: MonitorMessage, fd: number): Promise<void> | null => {
    switch (message.type) {
      case 'cloned':
        Promise.resolve(on.cloned(message.pid, fd)).catch((error: Error) => {
          failure ??= error;
          monitor.hangUp();
        });
        return null;
      case 'lookup':
        monitor.send(answerHome(plan, message.step, fd));
        return null;
      case 'runtime-hooks':
        whenDone(on.runtimeHooks(message.pid));
        return null;
      case 'created':
        whenDone(on.created(message.pid));
        return null;
      case 'handed-over':
      case 'started':
        pid = message.pid;
        ready.resolve();
        return null;
      case 'exited':
        exit = exitOf(message.waitStatus);
        return null;
      case 'step-failed':
        return import('../step-report.ts').then(({ explainFailure }) => {
          failure ??= explainFailure(plan, message, fd);
          monitor.send({ type: 'acknowledge' });
        });
      case 'note':
        return import('../step-report.ts').then(({ noteOf }) => on.notice(noteOf(plan, message, -1)));
      case 'bad-plan':
        failure ??= new Error(`the helper refuses step ${message.step} of the plan, byte ${message.offset}`);
        return null;
      case 'scope':
        // It tells the monitor to go on itself.
        enterScope(plan, message, monitor).catch((error: Error) => {
          failure ??= error;
          monitor.hangUp();
        });
        return null;
      case 'ready':
        monitor.send({ type: 'acknowledge' });
        return null;
      default:
        return null;
    }
  };
  return {
    ready: ready.promise.then(async () => {
      if (pid !== null && failure === null) return pid;
      await closed.promise;
      throw failure ?? endedEarly(plan, exit);
    }),
    ended: closed.promise.then(() => exit),
    relaysTerminal: request.header.streams.relayTerminal,
    kill: (signal) => void monitor.send({ type: 'signal', signal }),
    destroy: () => monitor.hangUp(),
  };
}
