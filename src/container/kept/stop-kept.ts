/** Ends a kept container, or tells it something. */
import { setTimeout } from 'node:timers/promises';
import { thawToEnd } from '../../cgroup/freeze.ts';
import { TsrunError } from '../../errors/tsrun-error.ts';
import type { Paths } from '../../host/paths.ts';
import { askAgain } from '../../native/wait-flock.ts';
import { signalName } from '../../oci/signals.ts';
import { ProcessHandle } from '../../process/process-handle.ts';
import { containerEvents } from '../container-events.ts';
import { findProcesses } from '../processes/find-processes.ts';
import { sweepContainer } from '../remove-container.ts';
import { noteAsked } from './asked.ts';
import { actorOf, isUp, type KeptContainer, readKept } from './kept-container.ts';
import { isProcess, type KeptEnd, type ProcessIdentity, type RunningFile, readRunning } from './monitor-files.ts';
import { markStopped, wasStopped } from './restart-files.ts';
import { settleKept } from './settle.ts';

const sigkill = 9;
const sigterm = 15;

/** How long a monitor may take after its PID 1 was killed: the kernel's own work, and the clean-up of `--rm`. */
const killPatience = 30_000;

/** Whom a signal is for. */
export type SignalReach = 'first-process' | 'all-processes';

/**
 * Sends a signal. After SIGKILL and its stop signal the container is not started again by its policy.
 *
 * @throws TsrunError CONTAINER_STATE when it does not run
 */
export function signalKept(paths: Paths, container: KeptContainer, signal: number, reach: SignalReach): void {
  const { state, name, kept, path, record } = container;
  const ends = signal === sigkill || signal === kept.stopSignal;
  if (state.status === 'running' || state.status === 'paused') {
    using process = handleOf(state.running.process);
    if (process !== null) {
      if (ends) markStopped(path, signal);
      tellOf(paths, container, signal);
      if (reach === 'all-processes') signalOthers(record.cgroup, state.running.process.pid, signal);
      process.signal(signal);
      return;
    }
  }
  if (state.status === 'restarting' && ends) {
    markStopped(path, signal);
    using waiting = handleOf(state.restarting.waiting);
    waiting?.signal(sigterm);
    return;
  }
  throw new TsrunError('CONTAINER_STATE', `cannot kill container "${name}"`, {
    why: `it is not running: ${state.status}`,
  });
}

/** Those that there are now: PID 1, which comes last, may have made more of them meanwhile. */
function signalOthers(cgroup: string | null, first: number, signal: number): void {
  for (const { pid, startTime } of findProcesses(cgroup, first)) {
    if (pid === first) continue;
    using process = handleOf({ pid, startTime });
    process?.signal(signal);
  }
}

/**
 * `stop`: {@link endKept}, and told so.
 *
 * @returns false: it did not run
 */
export async function stopKept(
  paths: Paths,
  container: KeptContainer,
  how: StopHow,
  signal: AbortSignal | null = null,
): Promise<boolean> {
  const ran = await endKept(paths, container, how, signal);
  if (ran) containerEvents(paths, actorOf(container), ['stop']);
  return ran;
}

export interface StopHow {
  readonly signal: number;
  /** Milliseconds. */
  readonly patience: number;
}

/**
 * Its stop signal first, SIGKILL when it is still there after `patience` milliseconds. One that does not run is fine, one that
 * waits to be started again waits no longer.
 *
 * @param signal ends the patience: then it has its stop signal, and nothing more is done
 * @returns false: it did not run
 */
export async function endKept(
  paths: Paths,
  found: KeptContainer,
  how: StopHow,
  signal: AbortSignal | null = null,
): Promise<boolean> {
  signal?.throwIfAborted();
  if (!isUp(found)) return false;
  markStopped(found.path, how.signal);
  // Once more when its policy was quicker than we; not when a person has started it meanwhile, which takes the mark away.
  for (let now: KeptContainer | null = found; now !== null && isUp(now); now = readKept(paths, found.id)) {
    if (!wasStopped(found.path)) break;
    const { state } = now;
    if (state.status === 'restarting') {
      using waiting = handleOf(state.restarting.waiting);
      waiting?.signal(sigterm);
      await gone(now, waiting);
    } else if (state.status === 'running' || state.status === 'paused') {
      await endRunning(paths, now, state.running, how, signal);
    }
    await sweepContainer(paths, found.id);
  }
  return true;
}

async function endRunning(
  paths: Paths,
  container: KeptContainer,
  running: RunningFile,
  how: StopHow,
  signal: AbortSignal | null,
): Promise<void> {
  const { state, record } = container;
  using monitor = handleOf(running.monitor);
  using process = handleOf(running.process);
  const kill = (signal: number): void => {
    // First: its end is told by the monitor, and comes after it.
    tellOf(paths, container, signal);
    process?.signal(signal);
  };
  if (process !== null) kill(how.signal);
  // Frozen processes die of SIGKILL alone.
  if (state.status === 'paused' && record.cgroup !== null) await thawToEnd(record.cgroup);
  if (process !== null && how.signal !== sigkill && !(await process.ended(how.patience, signal))) {
    signal?.throwIfAborted();
    kill(sigkill);
  }
  if (process !== null) await gone(container, process);
  // It may have decided to start it again before the mark was there; otherwise the monitor does not care.
  monitor?.signal(sigterm);
  await gone(container, monitor);
}

/** @throws TsrunError CONTAINER_STATE */
async function gone(container: KeptContainer, process: ProcessHandle | null): Promise<void> {
  if (process === null || (await process.ended(killPatience))) return;
  throw new TsrunError('CONTAINER_STATE', `cannot stop container "${container.name}"`, {
    why: `it does not die of ${signalName(sigkill)}`,
    hint: 'a process waiting for a device or a network disk cannot be killed',
  });
}

/** Before it is sent: for `why`, and for whoever follows. */
function tellOf(paths: Paths, container: KeptContainer, signal: number): void {
  noteAsked(container.path, signal);
  containerEvents(paths, actorOf(container), ['kill', { signal: String(signal) }]);
}

/**
 * Resolves with how it ended, at once when it does not run.
 *
 * @param signal ends the wait; rejects with its reason
 * @returns null: it has never run, or was removed before it could be asked
 */
export async function waitKept(
  paths: Paths,
  container: KeptContainer,
  signal: AbortSignal | null = null,
): Promise<KeptEnd | null> {
  for (let now: KeptContainer | null = container; now !== null; now = readKept(paths, container.id)) {
    const { state } = now;
    // As with docker an end is an end, whatever comes after it.
    if (state.status === 'exited' || state.status === 'restarting') return state.end;
    if (state.status === 'created') return null;
    const { running } = state;
    // Not the monitor: its last work may be to remove what says how it ended, or to wait for the next start.
    using process = handleOf(running.process);
    await process?.ended(Number.POSITIVE_INFINITY, signal);
    signal?.throwIfAborted();
    using monitor = handleOf(running.monitor);
    const isOver = (): true | null => (readRunning(container.path) === null ? true : null);
    if (monitor !== null) await askAgain(isOver, AbortSignal.timeout(killPatience)).catch(() => {});
    else {
      const after = readKept(paths, container.id);
      // Somebody else may be about to settle it.
      if (after !== null && isUp(after)) await setTimeout(20);
      else if (after?.state.status === 'exited') {
        // With --rm nothing of it is left afterwards.
        await settleKept(paths, container.id);
        return after.state.end;
      }
    }
  }
  return null;
}

const handleOf = (identity: ProcessIdentity): ProcessHandle | null =>
  ProcessHandle.open(identity.pid, () => isProcess(identity));
