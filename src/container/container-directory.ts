/**
 * A container's directory in the store, and the lock that says whether the container lives.
 *
 * Whoever runs the container holds an flock on `lock` inside the directory: the command at first, the monitor until it
 * ends. A directory whose lock is free is dead, whoever died, and the next command removes it. No state needs to be
 * believed that a killed process may have left half-written.
 */

import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { TsrunError } from '../errors/tsrun-error.ts';
import { makeDirectory } from '../host/make-directory.ts';
import type { Paths } from '../host/paths.ts';
import { addon } from '../native/addon.ts';
import { waitFlock } from '../native/wait-flock.ts';
import { type ContainerRecord, parseRecord } from './container-record.ts';
import type { ContainerId, ContainerName } from './request/run-request.ts';

/** Where a container's files are; the directory need not exist yet. */
export interface ContainerFiles {
  /** Mount point of the root filesystem, empty on the host. */
  readonly rootfs: string;
  readonly upper: string;
  readonly work: string;
  readonly hosts: string;
  readonly hostname: string;
  readonly resolvConf: string;
}

export interface ContainerDirectory extends ContainerFiles {
  readonly id: ContainerId;
  readonly path: string;
  /** Descriptor of the held lock. */
  readonly lock: number;
}

export const lockFile = 'lock';
export const recordFile = 'container.json';
/** What it takes to start it again: kept/kept-record.ts. */
export const keptFile = 'kept.json';
/** What the monitor writes: kept/monitor-files.ts. */
export const runningFile = 'running';
export const exitFile = 'exit';
/** Its places on networks, while it has any: network/connect.ts. */
export const endpointsFile = 'endpoints.json';
/** What it asks name servers, while it is on networks: resolv-conf.ts. */
export const dnsFile = 'dns.json';
/** How plugins of CNI have connected it: network/cni/attachment-file.ts. */
export const attachmentFile = 'cni.json';
/** Of one that stays after its end, until somebody removes it. */
export const byHandFile = 'by-hand';

export const containersDirectory = (paths: Paths): string => `${paths.store}/containers`;
export const namesDirectory = (paths: Paths): string => `${paths.store}/container-names`;

/** Of every container that has a directory, also one in the making or dead. */
export function listContainerIds(paths: Paths): readonly string[] {
  try {
    return readdirSync(containersDirectory(paths));
  } catch {
    // No store yet.
    return [];
  }
}

/** The places that a container of this id has, or would have; makes nothing. */
export function filesFor(paths: Paths, id: ContainerId): ContainerFiles {
  const path = `${containersDirectory(paths)}/${id}`;
  return {
    rootfs: `${path}/rootfs`,
    upper: `${path}/upper`,
    work: `${path}/work`,
    hosts: `${path}/hosts`,
    hostname: `${path}/hostname`,
    resolvConf: `${path}/resolv.conf`,
  };
}

/**
 * Makes a container's directory and takes its lock.
 *
 * A directory without a lock file is one in the making, or one whose maker was killed in between: the shared lock on the
 * parent tells the two apart for {@link isGarbage}.
 */
export async function createContainerDirectory(
  paths: Paths,
  record: ContainerRecord,
  signal: AbortSignal,
): Promise<ContainerDirectory> {
  const path = `${containersDirectory(paths)}/${record.id}`;
  const parentFd = openContainers(paths);
  try {
    // Somebody who looks for garbage holds it for a moment.
    await waitFlock(parentFd, 'shared', signal);
    mkdirSync(path, { mode: 0o700 });
    try {
      return fillDirectory(path, paths, record);
    } catch (error) {
      rmSync(path, { recursive: true, force: true });
      throw error;
    }
  } finally {
    closeSync(parentFd);
  }
}

function fillDirectory(path: string, paths: Paths, record: ContainerRecord): ContainerDirectory {
  const places = filesFor(paths, record.id);
  const unnamed = `${path}/.${lockFile}`;
  const lock = openSync(unnamed, 'wx', 0o600);
  try {
    // Held before it has its name: whoever sees a free lock takes the container for dead and removes it.
    addon().flock(lock, 'exclusive');
    renameSync(unnamed, `${path}/${lockFile}`);
    writeRecord(path, record);
    mkdirSync(places.rootfs, { mode: 0o700 });
    for (const directory of [places.upper, places.work]) {
      mkdirSync(directory);
      // The container's / has the mode of its upper directory: the caller's umask must not close it to other users inside.
      chmodSync(directory, 0o755);
    }
  } catch (error) {
    closeSync(lock);
    throw error;
  }
  return { id: record.id, path, ...places, lock };
}

/** The directory that all containers are in, made when it is missing. */
function openContainers(paths: Paths): number {
  const directory = containersDirectory(paths);
  try {
    return openSync(directory, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  makeDirectory(directory, 0o700);
  return openSync(directory, 'r');
}

/** Whole or not at all: another command may be looking for who has a volume. */
export function writeRecord(path: string, record: ContainerRecord): void {
  const unnamed = `${path}/.${recordFile}`;
  writeFileSync(unnamed, JSON.stringify(record), { mode: 0o600 });
  renameSync(unnamed, `${path}/${recordFile}`);
}

/** The record of a container's directory; null when its maker was killed before it had written one. */
export function readRecord(path: string): ContainerRecord | null {
  try {
    return parseRecord(readFileSync(`${path}/${recordFile}`, 'utf8'));
  } catch {
    return null;
  }
}

/** Whether nobody runs the container of this directory any more. The caller then holds its lock until it closes `fd`. */
export function takeDead(paths: Paths, id: string): { readonly fd: number } | null {
  const path = `${containersDirectory(paths)}/${id}`;
  try {
    const fd = openSync(`${path}/${lockFile}`, 'r');
    if (addon().flock(fd, 'exclusive')) return { fd };
    closeSync(fd);
    return null;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') return null;
  }
  // Nothing there at all: no lock is needed to find it removed, even while others make directories of their own.
  if (!existsSync(path)) return { fd: openSync(containersDirectory(paths), 'r') };
  return takeGarbage(paths, path);
}

/** Whether somebody works on the container of this directory: its monitor, or a command. */
export function isLocked(path: string): boolean {
  let fd: number;
  try {
    fd = openSync(`${path}/${lockFile}`, 'r');
  } catch {
    return false;
  }
  try {
    return !addon().flock(fd, 'shared');
  } finally {
    closeSync(fd);
  }
}

/**
 * A directory without a lock file is garbage when nobody is making one. It may have been finished since the caller looked: what has a
 * lock file now is somebody's.
 */
function takeGarbage(paths: Paths, path: string): { readonly fd: number } | null {
  const fd = openSync(containersDirectory(paths), 'r');
  if (addon().flock(fd, 'exclusive') && !existsSync(`${path}/${lockFile}`)) return { fd };
  closeSync(fd);
  return null;
}

/**
 * Reserves a name for a container, atomically.
 * @returns false when a container of that name exists; `reclaim` may have been called to remove a dead one first.
 */
export async function claimName(
  paths: Paths,
  name: ContainerName,
  id: ContainerId,
  reclaim: (holder: string) => Promise<boolean>,
): Promise<void> {
  const directory = namesDirectory(paths);
  makeDirectory(directory, 0o700);
  const link = `${directory}/${name}`;
  for (let attempt = 0; attempt < 3; attempt++) {
    try {
      symlinkSync(id, link);
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const holder = readNameHolder(link);
    if (holder !== null && !(await reclaim(holder)) && (await isNameOf(paths, name, holder))) break;
    // The holder is gone, and its name with it unless its directory was removed by hand; or it has another name by now.
    if (holder !== null) await releaseName(paths, name, holder);
  }
  throw new TsrunError('NAME_IN_USE', `cannot use the name "${name}"`, {
    why: 'a container of that name exists',
    hint: `choose another with --name, or remove that one: tsrun rm -f ${name}`,
  });
}

/** Whether the container goes by this name, and not by another that a killed `rename` gave it. */
async function isNameOf(paths: Paths, name: string, id: string): Promise<boolean> {
  const path = `${containersDirectory(paths)}/${id}`;
  if (readRecord(path)?.name === name) return true;
  try {
    const directory = openSync(path, 'r');
    try {
      // One that renames it at this moment holds its directory.
      await waitFlock(directory, 'exclusive', null);
    } finally {
      closeSync(directory);
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  return readRecord(path)?.name === name;
}

/** Whether no container has this name at the moment; {@link claimName} decides. */
export const isNameFree = (paths: Paths, name: ContainerName): boolean =>
  readNameHolder(`${namesDirectory(paths)}/${name}`) === null;

/**
 * The id that a name stands for; null: nobody has it. An id becomes a part of paths: what is none, in a store that somebody else wrote
 * to, is nobody's.
 */
export function readNameHolder(link: string): string | null {
  try {
    const id = readlinkSync(link);
    return /^[0-9a-f]{64}$/.test(id) ? id : null;
  } catch {
    return null;
  }
}

/**
 * Gives a name back; only when it is this container's.
 *
 * Between reading a link and removing it another command could put its own there: whoever removes one holds the lock on
 * the directory of names.
 */
export async function releaseName(paths: Paths, name: string, id: string): Promise<void> {
  const directory = namesDirectory(paths);
  const link = `${directory}/${name}`;
  if (readNameHolder(link) !== id) return;
  const lock = openSync(directory, 'r');
  try {
    // What is given back is given back: a command that was told to stop does this last.
    await waitFlock(lock, 'exclusive', null);
    if (readNameHolder(link) === id) unlinkSync(link);
  } finally {
    closeSync(lock);
  }
}
