/** Kept containers as they are on disk, by name or id. What state one is in is worked out each time, never stored. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { groupEvents } from '../../cgroup/group-events.ts';
import { nearest } from '../../errors/nearest.ts';
import { TsrunError } from '../../errors/tsrun-error.ts';
import type { Paths } from '../../host/paths.ts';
import {
  containersDirectory,
  keptFile,
  listContainerIds,
  namesDirectory,
  readNameHolder,
  readRecord,
} from '../container-directory.ts';
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
  | { readonly status: 'exited'; readonly end: KeptEnd; readonly left: 'nothing' | 'by-its-monitor' };

/** Whether `stop` has something to do. */
export const isUp = ({ state }: KeptContainer): boolean => state.status !== 'created' && state.status !== 'exited';

/** Whether there is something for settle.ts: its monitor was killed, or it goes with its end. */
export const needsSettling = ({ state, kept }: KeptContainer): boolean =>
  state.status === 'exited' && (state.left === 'by-its-monitor' || kept.removal === 'at-end');

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
  return { id: record.id, name: record.name, path, record, kept, state, health };
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
    return { status: 'exited', end, left: 'nothing' };
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

/** All of them, the newest first. */
export function listKept(paths: Paths): readonly KeptContainer[] {
  return listContainerIds(paths)
    .flatMap((id) => readKept(paths, id) ?? [])
    .toSorted((one, other) => (one.kept.created < other.kept.created ? 1 : -1));
}

/**
 * By its name, its id, or the beginning of its id.
 *
 * @throws TsrunError CONTAINER_NOT_FOUND, CONTAINER_AMBIGUOUS
 * @example findKept(paths, 'web')
 */
export function findKept(paths: Paths, word: string): KeptContainer {
  const id = byName(paths, word) ?? byPrefix(paths, word);
  const found = id === null ? null : readKept(paths, id);
  if (found !== null) return found;
  const names = listKept(paths).map(({ name }) => name);
  const close = nearest(word, names);
  throw new TsrunError('CONTAINER_NOT_FOUND', `no such container: ${word}`, {
    why: names.length === 0 ? 'there are no containers' : 'no container has that name or id',
    hint: close === null ? 'tsrun ps -a lists them' : `did you mean "${close}"?`,
  });
}

function byName(paths: Paths, word: string): string | null {
  if (!/^[\w.-]+$/.test(word) || word === '.' || word === '..') return null;
  return readNameHolder(join(namesDirectory(paths), word));
}

function byPrefix(paths: Paths, word: string): string | null {
  if (!/^[0-9a-f]{1,64}$/.test(word)) return null;
  const fitting = listKept(paths).filter(({ id }) => id.startsWith(word));
  const [only] = fitting;
  if (fitting.length < 2) return only?.id ?? null;
  throw new TsrunError('CONTAINER_AMBIGUOUS', `cannot tell which container "${word}" means`, {
    why: `the ids of ${fitting.length} containers begin so`,
    hint: `give more digits: ${fitting.map(({ id }) => id.slice(0, 12)).join(', ')}`,
  });
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
