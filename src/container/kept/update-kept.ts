/** `update`: other limits for a container, at once for one that runs and from then on for every start. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { asFarAsPossible, updateLimits } from '../../cgroup/update.ts';
import { pageSize } from '../../host/page-size.ts';
import type { Paths } from '../../host/paths.ts';
import type { OciResources } from '../../oci/resources.ts';
import { limitChanges } from '../config/limit-changes.ts';
import { keptFile } from '../container-directory.ts';
import { containerEvents } from '../container-events.ts';
import type { RunRequest } from '../request/run-request.ts';
import { changeKept, type LiveContainer } from './change-kept.ts';
import { actorOf, type KeptContainer } from './kept-container.ts';
import { encodeKept } from './kept-record.ts';
import { readConfig } from './read-config.ts';
import { writePolicy } from './restart-files.ts';
import { writeConfig } from './write-config.ts';

export interface KeptUpdate {
  /** What is asked for from now on, made from what it was. */
  request(before: RunRequest): RunRequest;
  /** The options that somebody gave. */
  readonly asked: readonly string[];
}

/**
 * Every limit of a running container is read back. All or nothing, but for one that was started with best-effort limits.
 *
 * @returns what was asked for and is not in force, a sentence each
 * @throws TsrunError LIMIT_UNAVAILABLE and what else {@link updateLimits} throws; USAGE when the limits contradict each other
 */
export async function updateKept(paths: Paths, found: KeptContainer, update: KeptUpdate): Promise<readonly string[]> {
  const notes = await changeKept<readonly string[]>(paths, found, {
    stopped: (container) => {
      writeRequest(container, update);
      return [];
    },
    running: (container) => updateRunning(container, update),
  });
  containerEvents(paths, actorOf(found), ['update']);
  return notes;
}

function writeRequest({ path, kept }: KeptContainer, update: KeptUpdate): void {
  const request = update.request(kept.request);
  writePolicy(path, request.restart, [{ path: join(path, keptFile), text: encodeKept({ ...kept, request }) }]);
}

async function updateRunning(container: LiveContainer, update: KeptUpdate): Promise<readonly string[]> {
  const { kept, record } = container;
  const request = update.request(kept.request);
  const swap = record.cgroup !== null && existsSync(join(record.cgroup, 'memory.swap.max')) ? 'limited' : 'unlimited';
  const changes = limitChanges(kept.request.limits, request.limits, update.asked, swap);
  const notes =
    request.limits.demand === 'required'
      ? await inForce(container, mergeSections(changes))
      : await asFarAsPossible(changes, (change) => inForce(container, change));
  writeRequest(container, update);
  return notes;
}

const mergeSections = (changes: readonly OciResources[]): OciResources => Object.assign({}, ...changes) as OciResources;

async function inForce({ path, record }: KeptContainer, changes: OciResources): Promise<readonly string[]> {
  if (Object.keys(changes).length === 0) return [];
  const config = readConfig(path);
  const before = config.linux?.resources ?? {};
  // Of a scope of ours systemd manages nothing below: its own group is one above.
  const group = record.cgroup === null ? null : { path: record.cgroup, scope: null };
  const { resources, notes } = await updateLimits(group, { before, changes }, pageSize());
  writeConfig(path, { ...config, linux: { ...config.linux, resources } });
  return notes;
}
