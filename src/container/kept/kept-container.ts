/** Kept containers as they are on disk. What state one is in is worked out each time, never stored. */
import { existsSync, readFileSync } from 'node:fs';
import { groupEvents } from '../../cgroup/group-events.ts';
import { TsrunError } from '../../errors/tsrun-error.ts';
import type { Paths } from '../../host/paths.ts';
import type { Endpoint } from '../../network/endpoint.ts';
import { readEndpoints } from '../../network/endpoint-file.ts';
import { containersDirectory, endpointsFile, keptFile, readRecord } from '../container-directory.ts';
import type { EventActor } from '../container-events.ts';
import type { ContainerRecord } from '../container-record.ts';
import { type Health, readHealth } from '../health/health-file.ts';
import type { ContainerId } from '../request/run-request.ts';
import { type KeptRecord, parseKept } from './kept-record.ts';
import { isLive, type KeptEnd, type RunningFile, readEnd, readEndOf, readRunning } from './monitor-files.ts';
import { isAboutToStart, type RestartingFile, readRestarting } from './restart-files.ts';

export type KeptState =
  /** Never started. */
  | { readonly status: 'created' }
  | { readonly status: 'running' | 'paused'; readonly running: RunningFile }
  /** It has ended, and its monitor is about to start it again. */
  | { readonly status: 'restarting'; readonly restarting: RestartingFile; readonly end: KeptEnd }
  | { readonly status: 'exited'; readonly end: KeptEnd; readonly left: Left };

/** Whether `stop` has something to do. */
export const isUp = ({ state }: Pick<KeptContainer, 'state'>): boolean =>
  state.status !== 'created' && state.status !== 'exited';

/** What is to be cleared away: what a killed monitor did not come to, or its places on networks alone. */
type Left = 'nothing' | 'by-its-monitor' | 'its-places';

/** Whether there is something to clear away: its monitor was killed, it goes with its end, or it has places on networks yet. */
export const needsSettling = ({ state, kept }: KeptContainer): boolean =>
  state.status === 'exited' && (state.left !== 'nothing' || kept.removal === 'at-end');

export interface KeptContainer {
  readonly id: ContainerId;
  readonly name: string;
  /** Its directory. */
  readonly path: string;
  readonly record: ContainerRecord;
  readonly kept: KeptRecord;
  readonly state: KeptState;
  /** null: nobody looks how it is, or it does not run. */
  readonly health: Health | null;
  /** Its places on networks; none when it does not run. */
  readonly endpoints: readonly Endpoint[];
}

/** As events name it. */
export const actorOf = ({ id, name, kept }: KeptContainer): EventActor => ({
  id,
  name,
  image: kept.image.name,
  labels: kept.request.labels,
});

/** Marks one that was created and not started: without it a directory without an end is what a killed command left. */
export const createdFile = 'created';

/** null: no whole kept container. */
export function readKept(paths: Paths, id: string): KeptContainer | null {
  const path = `${containersDirectory(paths)}/${id}`;
  let kept: KeptRecord | null;
  try {
    kept = parseKept(readFileSync(`${path}/${keptFile}`, 'utf8'));
  } catch {
    return null;
  }
  const record = readRecord(path);
  if (kept === null || record === null) return null;
  const state = stateOf(path, record);
  if (state === null) return null;
  const isLive = state.status === 'running' || state.status === 'paused';
  const health = isLive && kept.health !== null ? readHealth(path) : null;
  const endpoints = isUp({ state }) ? readEndpoints({ file: `${path}/${endpointsFile}` }) : [];
  return { id: record.id, name: record.name, path, record, kept, state, health, endpoints };
}

/** null: it has never run and was not left so on purpose. */
function stateOf(path: string, record: ContainerRecord): KeptState | null {
  const { cgroup } = record;
  const running = readRunning(path);
  if (running !== null && isLive(path, running)) {
    return { status: cgroup !== null && isFrozen(cgroup) ? 'paused' : 'running', running };
  }
  // Once more: its monitor may have said how it ended, and gone, since the file was read. Or somebody has started it again.
  const still = running === null ? null : readRunning(path);
  if (still !== null) {
    if (still.started !== running?.started) return stateOf(path, record);
    const end: KeptEnd = readEndOf(path, still) ?? { type: 'lost', finished: still.started };
    return { status: 'exited', end, left: 'by-its-monitor' };
  }
  const end = readEnd(path);
  if (end !== null) {
    const restarting = readRestarting(path);
    // `exit` is the same until it runs, and then `running` counts.
    if (restarting !== null && isAboutToStart(restarting)) return { status: 'restarting', restarting, end };
    return { status: 'exited', end, left: existsSync(`${path}/${endpointsFile}`) ? 'its-places' : 'nothing' };
  }
  return existsSync(`${path}/${createdFile}`) ? { status: 'created' } : null;
}

function isFrozen(cgroup: string): boolean {
  try {
    return groupEvents(cgroup).frozen;
  } catch {
    // It ends this moment.
    return false;
  }
}

/** Of one that runs or is paused. @throws TsrunError CONTAINER_STATE */
export function requireLive(container: KeptContainer, verb: string): RunningFile {
  const { state } = container;
  return state.status === 'paused' ? state.running : requireRunning(container, verb);
}

/** @throws TsrunError CONTAINER_STATE */
export function requireRunning(container: KeptContainer, verb: string): RunningFile {
  const { state } = container;
  if (state.status === 'running') return state.running;
  throw new TsrunError('CONTAINER_STATE', `cannot ${verb} container "${container.name}"`, {
    why: state.status === 'paused' ? 'it is paused' : `it is not running: ${state.status}`,
    hint: hintTo(state.status, container.name),
  });
}

function hintTo(status: KeptState['status'], name: string): string {
  if (status === 'restarting') return 'wait until it runs again';
  return status === 'paused' ? `tsrun unpause ${name}` : `tsrun start ${name}`;
}
