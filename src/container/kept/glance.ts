/**
 * Many containers at a glance: their files, and what the kernel says of their processes, in two calls for all of them. One of which
 * these do not say plainly what state it is in is to be looked at alone, as readKept does.
 */
import { groupEventsFile, parseGroupEvents } from '../../cgroup/group-events.ts';
import { bootId } from '../../host/boot-id.ts';
import { type FileGroup, readFileGroups } from '../../native/read-files.ts';
import { parseEndpoints } from '../../network/endpoint-file.ts';
import { endpointsFile, exitFile, keptFile, recordFile, runningFile } from '../container-directory.ts';
import { type ContainerRecord, parseRecord } from '../container-record.ts';
import { healthFile, parseHealth } from '../health/health-file.ts';
import { parseProcessStat, statFile } from '../state/process-status.ts';
import type { KeptContainer, KeptState } from './kept-container.ts';
import { type KeptRecord, parseKept } from './kept-record.ts';
import { isSame, parseEnd, parseRunning, type RunningFile } from './monitor-files.ts';
import { restartingFile } from './restart-files.ts';

/** What is written down of one, and what more is worth a look then. */
interface Glance {
  readonly path: string;
  readonly kept: KeptRecord;
  readonly record: ContainerRecord;
  /** null: nothing says that it runs. */
  readonly running: RunningFile | null;
  /** Of `endpoints.json`; null: it has no place on a network. */
  readonly endpoints: string | null;
}

/**
 * @param directories of containers
 * @returns in their order; null: look at it alone
 */
export function glanceAt(directories: readonly string[]): readonly (KeptContainer | null)[] {
  const glances = readFileGroups(directories.map(firstFiles)).map((files, at) =>
    glanceOf(directories[at] ?? '', files),
  );
  return readFileGroups(glances.map(nextFiles)).map((files, at) => containerOf(glances[at] ?? null, files));
}

const firstFiles = (path: string): readonly string[] =>
  [keptFile, recordFile, runningFile, endpointsFile].map((name) => `${path}/${name}`);

function glanceOf(path: string, files: FileGroup): Glance | null {
  const kept = ifThere(files.text(0), parseKept);
  const record = ifThere(files.text(1), parseRecord);
  if (kept === null || record === null) return null;
  return { path, kept, record, running: ifThere(files.text(2), parseRunning), endpoints: files.text(3) };
}

const ifThere = <T, R>(content: T | null, parse: (content: T) => R): R | null =>
  content === null ? null : parse(content);

/** Of PID 1 and its control group; of one that does not run how it ended, which is written before `running` goes. */
function nextFiles(glance: Glance | null): readonly string[] {
  if (glance === null) return [];
  const { path, record, running } = glance;
  if (running === null) return [`${path}/${exitFile}`, `${path}/${restartingFile}`];
  const events = record.cgroup === null ? '' : groupEventsFile(record.cgroup);
  return [statFile(running.process.pid), events, ...(glance.kept.health === null ? [] : [`${path}/${healthFile}`])];
}

function containerOf(glance: Glance | null, files: FileGroup): KeptContainer | null {
  if (glance === null) return null;
  const { path, record, kept, running, endpoints } = glance;
  const state = running === null ? stateOfEnded(files, endpoints) : stateOfRunning(running, files);
  if (state === null) return null;
  return {
    id: record.id,
    name: record.name,
    path,
    record,
    kept,
    state,
    health: running === null ? null : ifThere(files.bytes(2), parseHealth),
    endpoints: running === null ? [] : (ifThere(endpoints, parseEndpoints) ?? []),
  };
}

/** null: its monitor is about to say how it ended, or is gone. */
function stateOfRunning(running: RunningFile, files: FileGroup): KeptState | null {
  const stat = ifThere(files.text(0), parseProcessStat);
  if (running.boot !== bootId() || !isSame(running.process, stat)) return null;
  return { status: ifThere(files.text(1), parseGroupEvents)?.frozen === true ? 'paused' : 'running', running };
}

/** null: it has never run, or was to be started again when it ended. */
function stateOfEnded(files: FileGroup, endpoints: string | null): KeptState | null {
  const end = ifThere(files.text(0), parseEnd);
  return end === null || files.text(1) !== null
    ? null
    : { status: 'exited', end, left: endpoints === null ? 'nothing' : 'its-places' };
}
