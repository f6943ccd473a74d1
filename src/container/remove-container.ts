/** Removes what a container that has ended left behind: control group, files, name. */
import {
  chmodSync,
  closeSync,
  type Dirent,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  unlinkSync,
} from 'node:fs';
import { basename } from 'node:path';
import { removeContainerCgroup } from '../cgroup/remove.ts';
import { TsrunError } from '../errors/tsrun-error.ts';
import type { Paths } from '../host/paths.ts';
import { removeTree } from '../image/layer/remove-tree.ts';
import { unlinkIfThere } from '../image/store/pending.ts';
import { waitFlock } from '../native/wait-flock.ts';
import type { UserNamespace } from '../plan/host-facts.ts';
import {
  attachmentFile,
  byHandFile,
  containersDirectory,
  endpointsFile,
  exitFile,
  isLocked,
  keptFile,
  lockFile,
  readRecord,
  recordFile,
  releaseName,
  runningFile,
  takeDead,
} from './container-directory.ts';
import { containerEvents } from './container-events.ts';
import { type KeptRecord, parseKept } from './kept/kept-record.ts';

/** Whether the volumes go that were made for the container and have no name. */
export type RemovalExtent = 'container' | 'anonymous-volumes-too';

/**
 * The caller holds the container's lock. Idempotent.
 *
 * The record and the lock go last: as long as anything else is there, a command that finds the directory after a kill -9
 * knows how to remove it, and one that finds it now knows that somebody does.
 */
export async function removeContainer(paths: Paths, id: string, extent: RemovalExtent): Promise<void> {
  const path = `${containersDirectory(paths)}/${id}`;
  const files = openIfThere(path);
  try {
    // Who renames it at this moment comes first; whoever does so later finds it gone.
    if (files !== null) await waitFlock(files, 'exclusive', null);
    await removeParts(paths, id, path, extent);
  } finally {
    if (files !== null) closeSync(files);
  }
}

async function removeParts(paths: Paths, id: string, path: string, extent: RemovalExtent): Promise<void> {
  const record = readRecord(path);
  if (record?.cgroup) await removeContainerCgroup(record.cgroup);
  // While all of it is there: a plugin may refuse.
  if (existsSync(`${path}/${attachmentFile}`)) await disconnect(paths, id);
  // Before it goes: what is told of one that was whole.
  const kept = record === null ? null : readKeptRecord(path);
  if (record !== null && record.volumes.length > 0 && extent === 'anonymous-volumes-too') {
    // Loaded here: few containers have any.
    await (await import('./volumes/release-volumes.ts')).removeAnonymousVolumes(paths, record);
  }
  const userns = record?.userns ?? { type: 'host' };
  for (const entry of entriesOf(path)) {
    const { name } = entry;
    if (name === recordFile || name === lockFile) continue;
    if (name === endpointsFile) await disconnect(paths, id);
    else if (name === 'work' || name === 'upper') await removeOverlayDirectory(`${path}/${name}`, userns);
    else removeOwn(path, entry);
  }
  if (record !== null) await releaseName(paths, record.name, id);
  for (const name of [recordFile, lockFile]) unlinkIfThere(`${path}/${name}`);
  removeEmpty(path);
  if (record === null || kept === null) return;
  const { image, request } = kept;
  containerEvents(paths, { id, name: record.name, image: image.name, labels: request.labels }, ['destroy']);
}

function openIfThere(path: string): number | null {
  try {
    return openSync(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

function readKeptRecord(path: string): KeptRecord | null {
  try {
    return parseKept(readFileSync(`${path}/${keptFile}`, 'utf8'));
  } catch {
    return null;
  }
}

/**
 * Most containers leave these two empty, and they go without the workbench. Files of subordinate ids, names that are not
 * UTF-8 and overlay's own mode-000 directory need it.
 */
async function removeOverlayDirectory(path: string, userns: UserNamespace): Promise<void> {
  if (basename(path) === 'work') removeWork(`${path}/work`);
  if (removeEmpty(path)) return;
  if (userns.type === 'host') {
    try {
      for (const entry of entriesOf(path)) removeOwn(path, entry);
      rmdirSync(path);
      return;
    } catch {
      // A name that Node cannot spell; the workbench can.
    }
  }
  await removeTree(path, userns);
}

/** overlay's own, which has a mark inside after a volatile mount: overlayfs.rst, "Volatile mount". */
function removeWork(own: string): void {
  if (removeEmpty(own)) return;
  try {
    // The kernel made it without any rights.
    if (process.geteuid?.() !== 0) chmodSync(own, 0o700);
    unlinkSync(`${own}/incompat/volatile/dirty`);
    for (const directory of ['/incompat/volatile', '/incompat', '']) rmdirSync(`${own}${directory}`);
  } catch {
    // Another id's: the workbench can.
  }
}

/** @returns whether it is gone */
function removeEmpty(directory: string): boolean {
  try {
    rmdirSync(directory);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT';
  }
}

/** Nothing but system calls that are needed: fs.rmSync looks at everything first, and Node 20 loads it from elsewhere. */
function removeOwn(directory: string, entry: Dirent): void {
  const path = `${directory}/${entry.name}`;
  if (!entry.isDirectory()) {
    unlinkSync(path);
    return;
  }
  if (removeEmpty(path)) return;
  for (const inside of entriesOf(path)) removeOwn(path, inside);
  rmdirSync(path);
}

function entriesOf(directory: string): readonly Dirent[] {
  try {
    return readdirSync(directory, { withFileTypes: true });
  } catch {
    return [];
  }
}

/**
 * What a plugin of CNI does not take away now, a later command asks it again: nobody else's command fails by that.
 *
 * @returns whether the container is gone now; false: it lives, or is kept.
 */
export async function sweepContainer(paths: Paths, id: string): Promise<boolean> {
  try {
    return await sweepOne(paths, id);
  } catch (error) {
    if (error instanceof TsrunError && error.code === 'NETWORK_PLUGIN') return false;
    throw error;
  }
}

async function sweepOne(paths: Paths, id: string): Promise<boolean> {
  const path = `${containersDirectory(paths)}/${id}`;
  const has = (name: string): boolean => existsSync(`${path}/${name}`);
  // The usual ones, at a glance: there may be hundreds.
  if (has(byHandFile) && has(exitFile) && !has(runningFile)) {
    if (has(endpointsFile)) await disconnectEnded(paths, id, path);
    return false;
  }
  if (has(keptFile)) {
    // It lives: somebody holds its lock.
    if (isLocked(path)) return false;
    // Loaded here: few have something to settle.
    if (await (await import('./kept/settle.ts')).settleKept(paths, id)) return true;
    const hasPlaces = has(endpointsFile) || has(attachmentFile);
    if (hasPlaces && has(exitFile) && !has(runningFile)) await disconnectEnded(paths, id, path);
    return false;
  }
  const dead = takeDead(paths, id);
  if (dead === null) return false;
  try {
    await removeContainer(paths, id, 'anonymous-volumes-too');
  } finally {
    closeSync(dead.fd);
  }
  return true;
}

/** Loaded here: few containers are on networks. */
async function disconnect(paths: Paths, id: string): Promise<void> {
  const byPlugins = existsSync(`${containersDirectory(paths)}/${id}/${attachmentFile}`);
  if (byPlugins) await (await import('./cni.ts')).disconnectCni(paths, id);
  else await (await import('./networks.ts')).disconnectContainer(paths, id);
}

async function disconnectEnded(paths: Paths, id: string, path: string): Promise<void> {
  const dead = takeDead(paths, id);
  // A command works on it, and does this itself.
  if (dead === null) return;
  try {
    if (!existsSync(`${path}/${runningFile}`)) await disconnect(paths, id);
  } finally {
    closeSync(dead.fd);
  }
}
