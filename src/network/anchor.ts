/**
 * The anchor of an ordinary user's networks: the process that holds their network namespace, with the bridges, and the user namespace below
 * which those of his containers are made. One for a state directory, as long as somebody uses it: native/monitor/anchor.cc.
 *
 * Who uses it has a shared lock on its file, and it cannot end before the lock is free. The file says which process it is.
 */
import { spawn } from 'node:child_process';
import { closeSync, constants, fstatSync, openSync, readFileSync, readSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { errnoName } from '../errors/errno.ts';
import { TsrunError } from '../errors/tsrun-error.ts';
import { nativeArtefact } from '../host/helper.ts';
import { userNamespaceFor } from '../host/id-maps.ts';
import { makeDirectory } from '../host/make-directory.ts';
import type { Paths } from '../host/paths.ts';
import { effectiveCapabilities, probePrivilege } from '../host/privileges.ts';
import { mappingText, parseIdMap } from '../host/user-namespace.ts';
import { waitFlock } from '../native/wait-flock.ts';
import type { UserNamespace } from '../plan/host-facts.ts';
import type { AnchorPlace } from '../plan/parent.ts';
import type { Space } from './netlink/space.ts';
import { leasesRoot, lockNetworks } from './networks-lock.ts';

/** One that cannot end as long as the lock is held. */
export interface Anchor {
  readonly pid: number;
  readonly place: AnchorPlace;
  /** Descriptor of the locked file: the monitor of a container holds it too. */
  readonly lock: number;
  readonly space: Extract<Space, { type: 'other' }>;
}

/** Where bridges are: in the namespace of the caller for root, else in the anchor's. To be closed. */
export interface Ground extends Disposable {
  readonly space: Space;
  /** Of the anchor. */
  readonly pid: number | null;
}

const isRoot = (): boolean => process.geteuid?.() === 0;

/** As it is now; no anchor is started. */
export async function openGround(paths: Paths): Promise<Ground> {
  if (isRoot()) return { space: { type: 'own' }, pid: null, [Symbol.dispose]: () => {} };
  const anchor = await findAnchor(paths);
  if (anchor === null) return { space: { type: 'gone' }, pid: null, [Symbol.dispose]: () => {} };
  return { space: anchor.space, pid: anchor.pid, [Symbol.dispose]: () => closeAnchor(anchor) };
}

/** null: for root, who needs none. @throws TsrunError HOST_UNSUPPORTED */
export async function useAnchor(paths: Paths): Promise<Anchor | null> {
  if (isRoot()) return null;
  makeDirectory(leasesRoot(paths), 0o700);
  const found = await findAnchor(paths);
  if (found !== null) return found;
  // Two must not start one each.
  using _lock = await lockNetworks(paths, 'exclusive');
  const lock = await lockFile(paths, constants.O_RDWR | constants.O_CREAT);
  try {
    const there = anchorOf(lock);
    if (there !== null) return there;
    const pid = await startAnchor(fileOf(paths));
    const { ino } = fstatOf(`/proc/${pid}/ns/net`);
    writeFileSync(fileOf(paths), `${pid} ${ino}\n`, { mode: 0o600 });
    const made = anchorOf(lock);
    if (made === null) throw gone();
    return made;
  } catch (error) {
    closeSync(lock);
    throw error;
  }
}

/** The place of one that lives, or would be started. */
export async function previewAnchor(paths: Paths): Promise<AnchorPlace> {
  const anchor = await findAnchor(paths);
  if (anchor !== null) {
    closeAnchor(anchor);
    return anchor.place;
  }
  const users = ownUsers();
  const maps = users.type === 'new' ? { uids: users.uids, gids: users.gids } : { uids: [], gids: [] };
  return { users: '/proc/ANCHOR/ns/user', network: '/proc/ANCHOR/ns/net', ...maps };
}

/** Lets go of it: it ends if nobody else uses it. */
export function closeAnchor(anchor: Anchor): void {
  closeSpace(anchor);
  closeSync(anchor.lock);
}

/** For whom the lock has been handed on. */
export function closeSpace({ space }: Anchor): void {
  closeSync(space.network);
  closeSync(space.users);
}

const fileOf = (paths: Paths): string => join(leasesRoot(paths), '.anchor');

async function findAnchor(paths: Paths): Promise<Anchor | null> {
  let lock: number;
  try {
    lock = await lockFile(paths, constants.O_RDONLY);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
  const anchor = anchorOf(lock);
  if (anchor === null) closeSync(lock);
  return anchor;
}

/** Waits for one that is about to end. */
async function lockFile(paths: Paths, flags: number): Promise<number> {
  const fd = openSync(fileOf(paths), flags, 0o600);
  try {
    await waitFlock(fd, 'shared', null);
    return fd;
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

/** By its locked file. null: it has ended, or was killed. */
function anchorOf(lock: number): Anchor | null {
  const [, pid, ino] = /^(\d+) (\d+)\n$/.exec(readWhole(lock)) ?? [];
  if (pid === undefined) return null;
  const files: number[] = [];
  try {
    const at = `/proc/${pid}`;
    const [users, network] = [`${at}/ns/user`, `${at}/ns/net`];
    for (const path of [network, users]) files.push(openSync(path, 'r'));
    const [space = -1, owner = -1] = files;
    // The number may be another process's by now.
    if (String(fstatSync(space).ino) !== ino) throw gone();
    const map = (name: string) => parseIdMap(readFileSync(`${at}/${name}`, 'latin1'));
    return {
      pid: Number(pid),
      place: { users, network, uids: map('uid_map'), gids: map('gid_map') },
      lock,
      space: { type: 'other', network: space, users: owner },
    };
  } catch {
    for (const fd of files) closeSync(fd);
    return null;
  }
}

function readWhole(fd: number): string {
  const bytes = Buffer.alloc(64);
  return bytes.toString('latin1', 0, readSync(fd, bytes, 0, bytes.length, 0));
}

function fstatOf(path: string): { readonly ino: number } {
  const fd = openSync(path, 'r');
  try {
    return fstatSync(fd);
  } finally {
    closeSync(fd);
  }
}

const ownUsers = (): UserNamespace =>
  userNamespaceFor('default', probePrivilege(effectiveCapabilities(readFileSync('/proc/self/status', 'utf8'))));

/** @returns its number */
async function startAnchor(lock: string): Promise<number> {
  const child = spawn(nativeArtefact('tsrun-init'), ['anchor', mappingText(ownUsers()), lock], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {},
    cwd: '/',
  });
  let [output, errors] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString('latin1')));
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString('latin1')));
  await new Promise<void>((resolve, reject) => child.once('error', reject).once('close', () => resolve()));
  const pid = /^(\d+)\n$/.exec(output)?.[1];
  if (pid !== undefined) return Number(pid);
  const [, call = '', errno = ''] = /^(\S+) (\d+)/.exec(errors) ?? [];
  throw refused(call, errno === '' ? 'it ended early' : `the kernel says ${errnoName(Number(errno))}`);
}

const refused = (call: string, why: string): TsrunError =>
  new TsrunError('HOST_UNSUPPORTED', 'cannot make the namespaces of your networks', {
    why: call === '' ? why : `${call}: ${why}`,
    hint: 'tsrun doctor says what this host allows to ordinary users; or use --network none',
  });

const gone = (): TsrunError =>
  new TsrunError('HOST_UNSUPPORTED', 'cannot use the namespaces of your networks', {
    why: 'the process that held them was killed',
    hint: 'try again: it is started anew',
  });
