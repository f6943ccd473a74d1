/**
 * A container's directory `ROOT/ID`: `lock`, `config.json`, `state`, `start.sock`.
 *
 * Whoever changes the container holds the lock. A directory without a state is one in the making while its lock is held,
 * and what a killed `create` left when it is not: the next `create` or `delete` takes it away.
 */

import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  type Stats,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { TsrunError } from '../../errors/tsrun-error.ts';
import { makeDirectory } from '../../host/make-directory.ts';
import { addon } from '../../native/addon.ts';
import { waitFlock } from '../../native/wait-flock.ts';
import { type OciId, parseOciId } from './container-id.ts';
import { type ContainerStatus, statusOf } from './process-status.ts';
import { type ContainerState, encodeState, parseState } from './state-file.ts';

export interface OciDirectory {
  readonly id: OciId;
  readonly path: string;
  /** Descriptor of the held lock. */
  readonly lock: number;
}

/** A container as it is on disk. */
export interface OciContainer {
  readonly id: OciId;
  readonly path: string;
  readonly state: ContainerState;
  readonly status: Exclude<ContainerStatus, 'creating'>;
}

/**
 * Makes the directory of a new container and takes its lock.
 *
 * @param root made when missing, for its user alone
 * @throws TsrunError NAME_IN_USE when there is such a container
 */
export function claimDirectory(root: string, id: OciId): OciDirectory {
  makeDirectory(root, 0o700);
  for (const directory of [dirname(root), root]) refuseForeign(directory, statSync(directory), [uid(), 0]);
  const path = join(root, id);
  for (;;) {
    const isNew = made(path);
    if (!isNew) refuseForeign(path, lstatSync(path, { throwIfNoEntry: false }), [uid()]);
    const lock = openLock(path);
    // Removed between our two calls, by somebody who took it for a leftover.
    if (lock === null) continue;
    const mine = addon().flock(lock, 'exclusive') && fstatSync(lock).nlink > 0;
    if (mine && (isNew || !exists(join(path, 'state')))) {
      clear(path);
      return { id, path, lock };
    }
    closeSync(lock);
    if (!isNew || mine) throw inUse(id);
  }
}

const uid = (): number => process.geteuid?.() ?? 0;

/**
 * Where XDG_RUNTIME_DIR is not set the root is below /tmp, where anybody may have made it first: with states that name processes of
 * ours, or as a link to our own files. Root takes what it is given.
 */
function refuseForeign(path: string, found: Stats | undefined, owners: readonly number[]): void {
  if (found === undefined) return;
  const isOurs = uid() === 0 || owners.includes(found.uid);
  if (found.isDirectory() && isOurs) return;
  throw new TsrunError('STORE', `cannot keep containers in ${path}`, {
    why: found.isDirectory() ? `it belongs to another user, ${found.uid}` : 'it is not a directory',
    hint: 'name another one with --root, or set XDG_RUNTIME_DIR',
  });
}

const inUse = (id: string): TsrunError =>
  new TsrunError('NAME_IN_USE', `container "${id}" exists already`, {
    hint: `choose another id, or remove it: tsrun-oci delete --force ${id}`,
  });

function made(path: string): boolean {
  try {
    mkdirSync(path, { mode: 0o700 });
    return true;
  } catch (error) {
    if (isMissing(error, 'EEXIST')) return false;
    throw new TsrunError('STORE', `cannot make the directory of a container, ${path}`, {
      why: (error as Error).message,
      cause: error,
    });
  }
}

function openLock(path: string): number | null {
  try {
    return openSync(join(path, 'lock'), constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o600);
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

/** What a killed `create` left. */
function clear(path: string): void {
  for (const name of readdirSync(path)) if (name !== 'lock') unlinkSync(join(path, name));
}

/** Whole or not at all: a reader sees the old file or the new one. */
export const writeWhole = (path: string, text: string | Uint8Array, mode: number): void =>
  writeTogether([{ path, text }], mode);

/** Several that say one thing: none takes its place before the disk has taken all of them. */
export function writeTogether(
  files: readonly { readonly path: string; readonly text: string | Uint8Array }[],
  mode: number,
): void {
  const temporary = (path: string): string => `${path}.${process.pid}`;
  try {
    for (const { path, text } of files) writeFileSync(temporary(path), text, { mode, flag: 'wx' });
  } catch (error) {
    for (const { path } of files) rmSync(temporary(path), { force: true });
    throw error;
  }
  for (const { path } of files) renameSync(temporary(path), path);
}

export const writeState = (directory: OciDirectory, state: ContainerState): void =>
  writeWhole(join(directory.path, 'state'), encodeState(state), 0o600);

/** Takes the directory away; the lock last, so that whoever waits for it finds the container gone. */
export function removeDirectory(directory: OciDirectory): void {
  clear(directory.path);
  unlinkSync(join(directory.path, 'lock'));
  rmdirSync(directory.path);
}

/** @throws TsrunError CONTAINER_NOT_FOUND */
export function openContainer(root: string, text: string): OciContainer {
  const id = parseOciId(text);
  const path = join(root, id);
  let file: string;
  refuseForeign(path, lstatSync(path, { throwIfNoEntry: false }), [uid()]);
  try {
    file = readFileSync(join(path, 'state'), 'utf8');
  } catch (error) {
    if (!isMissing(error)) throw error;
    throw new TsrunError('CONTAINER_NOT_FOUND', `container "${id}" does not exist`, {
      hint: 'tsrun-oci list shows those that do',
    });
  }
  const state = parseState(file);
  return { id, path, state, status: statusOf(state, path) };
}

/** Every container of a root, by id; what is in the making or cannot be read is left out. */
export function listContainers(root: string): readonly OciContainer[] {
  return names(root).flatMap((name) => {
    try {
      return [openContainer(root, name)];
    } catch (error) {
      if (error instanceof TsrunError) return [];
      throw error;
    }
  });
}

function names(root: string): readonly string[] {
  try {
    return readdirSync(root).toSorted();
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

/**
 * Holds the container's lock while something changes it.
 *
 * @returns descriptor; closing it gives the lock back
 */
export async function lockContainer(container: OciContainer): Promise<number> {
  const lock = openLock(container.path);
  if (lock === null) throw new TsrunError('CONTAINER_NOT_FOUND', `container "${container.id}" does not exist`);
  await waitFlock(lock, 'exclusive', null);
  return lock;
}

function exists(path: string): boolean {
  try {
    readFileSync(path);
    return true;
  } catch {
    return false;
  }
}

const isMissing = (error: unknown, code = 'ENOENT'): boolean => (error as NodeJS.ErrnoException).code === code;
