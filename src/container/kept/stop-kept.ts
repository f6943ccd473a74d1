/** Ends a kept container, or tells it something. */
import { setTimeout } from 'node:timers/promises';
import { thawCgroup } from '../../cgroup/freeze.ts';
import { TsrunError } from '../../errors/tsrun-error.ts';
import type { Paths } from '../../host/paths.ts';
import { askAgain } from '../../native/wait-flock.ts';
import { signalName } from '../../oci/signals.ts';
import { ProcessHandle } from '../../process/process-handle.ts';
import { containerEvents } from '../container-events.ts';
import { actorOf, type KeptContainer, readKept } from './kept-container.ts';
import { isProcess, type KeptEnd, type ProcessIdentity, readRunning } from './monitor-files.ts';
import { settleKept } from './settle.ts';

const sigkill = 9;

/** How long a monitor may take after its PID 1 was killed: the kernel's own work, and the clean-up of `--rm`. */
const killPatience = 30_000;

/**
 * Sends a signal to PID 1.
 *
 * @throws TsrunError CONTAINER_STATE when it does not run
 */
export function signalKept(paths: Paths, container: KeptContainer, signal: number): void {
  const { state, name } = container;
  if (state.status === 'running' || state.status === 'paused') {
    using process = handleOf(state.running.process);
    if (process !== null) {
      killEvent(paths, container, signal);
      process.signal(signal);
      return;
    }
  }
  throw new TsrunError('CONTAINER_STATE', `cannot kill container "${name}"`, {
    why: `it is not running: ${state.status}`,
  });
}

/**
 * `stop`: {@link endKept}, and told so.
 *
 * @returns false: it did not run
 */
export async function stopKept(paths: Paths, container: KeptContainer, how: StopHow): Promise<boolean> {
  const ran = await endKept(paths, container, how);
  if (ran) containerEvents(paths, actorOf(container), ['stop']);
  return ran;
}

export interface StopHow {
  readonly signal: number;
  /** Milliseconds. */
  readonly patience: number;
}

/**
 * Its stop signal first, SIGKILL when it is still there after `patience` milliseconds. One that does not run is fine.
 *
 * @returns false: it did not run
 */
export async function endKept(paths: Paths, container: KeptContainer, how: StopHow): Promise<boolean> {
  const { state, record } = container;
  if (state.status === 'created' || state.status === 'exited') return false;
  using monitor = handleOf(state.running.monitor);
  using process = handleOf(state.running.process);
  const kill = (signal: number): void => {
    // First: its end is told by the monitor, and comes after it.
    killEvent(paths, container, signal);
    process?.signal(signal);
  };
  kill(how.signal);
  // Frozen processes die of SIGKILL alone.
  if (state.status === 'paused' && record.cgroup !== null) await thawCgroup(record.cgroup);
  if (process !== null && how.signal !== sigkill && !(await process.ended(how.patience))) kill(sigkill);
  if (monitor !== null && !(await monitor.ended(killPatience))) {
    throw new TsrunError('CONTAINER_STATE', `cannot stop container "${container.name}"`, {
      why: `it does not die of ${signalName(sigkill)}`,
      hint: 'a process waiting for a device or a network disk cannot be killed',
    });
  }
  await settleKept(paths, container.id);
  return true;
}

const killEvent = (paths: Paths, container: KeptContainer, signal: number): void =>
  containerEvents(paths, actorOf(container), ['kill', { signal: String(signal) }]);

/**
 * Resolves with how it ended, at once when it does not run.
 *
 * @returns null: it has never run, or was removed before it could be asked
 */
export async function waitKept(paths: Paths, container: KeptContainer): Promise<KeptEnd | null> {
  for (let now: KeptContainer | null = container; now !== null; now = readKept(paths, container.id)) {
    if (now.state.status === 'exited') return now.state.end;
    if (now.state.status === 'created') return null;
    const { running } = now.state;
    // Not the monitor: its last work may be to remove what says how it ended.
    using process = handleOf(running.process);
    await process?.ended(Number.POSITIVE_INFINITY);
    using monitor = handleOf(running.monitor);
    const isOver = (): true | null => (readRunning(container.path) === null ? true : null);
    if (monitor !== null) await askAgain(isOver, AbortSignal.timeout(killPatience)).catch(() => {});
    // Somebody else may be about to settle it.
    else if (!(await settleKept(paths, container.id))) await setTimeout(20);
  }
  return null;
}

const handleOf = (identity: ProcessIdentity): ProcessHandle | null =>
  ProcessHandle.open(identity.pid, () => isProcess(identity));
