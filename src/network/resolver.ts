/**
 * The resolver of a network's names: a process for each network with names, native/resolve/resolver.cc, as long as a container is connected.
 *
 * It reads the file `names` of a directory of its own, which is all that it can see, and ends when the file has gone. Beside it lies a file
 * that it has locked: so whoever was killed, the next command finds out that there is none, and starts another. The caller of all of these
 * has the exclusive lock on the networks.
 */
import {
  chmodSync,
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { errnoName } from '../errors/errno.ts';
import { nativeArtefact } from '../host/helper.ts';
import { makeDirectory } from '../host/make-directory.ts';
import type { Paths } from '../host/paths.ts';
import { addon } from '../native/addon.ts';
import { waitFlock } from '../native/wait-flock.ts';
import { formatIp } from '../plan/ip-address.ts';
import type { Space } from './netlink/space.ts';
import { type BridgedNetwork, isBridged, type Network, type NetworkName } from './network-record.ts';
import { leasesRoot } from './networks-lock.ts';

/** Names of networks begin with a letter or digit. */
const allNames = (paths: Paths): string => join(leasesRoot(paths), '.names');
const directoryOf = (paths: Paths, name: NetworkName): string => join(allNames(paths), name);
const namesIn = (directory: string): string => join(directory, 'names');
const lockIn = (directory: string): string => join(directory, 'lock');

/** Where its containers ask: the gateway's first address. null: the host is not on it. */
export function resolverAddress(network: Network): string | null {
  const [first] = network.subnets;
  return first === undefined || !isBridged(network) ? null : formatIp(first.gateway);
}

/**
 * Whoever asks from now on hears these names.
 *
 * @returns null: they are answered; else why nobody does
 */
export async function serveNames(
  paths: Paths,
  network: BridgedNetwork,
  ground: Space,
  names: string,
): Promise<string | null> {
  if (ground.type === 'gone') return 'the process that held your networks was killed';
  const directory = directoryOf(paths, network.name);
  const where = placeName(ground);
  const serving = placeOf(directory);
  // That of a killed anchor's bridge ends with its file.
  if (serving !== null && serving !== where) rmSync(directory, { recursive: true, force: true });
  makeDirectory(allNames(paths), 0o700);
  makeOpenDirectory(directory);
  writeNames(directory, names);
  if (serving === where) return null;
  const lock = openSync(lockIn(directory), constants.O_RDWR | constants.O_CREAT, 0o600);
  try {
    // Nobody has it longer than a look. The process gets a copy of the descriptor, and so the lock.
    await waitFlock(lock, 'exclusive', null);
    ftruncateSync(lock);
    writeSync(lock, where, 0);
    return await start(directory, network, ground, lock);
  } finally {
    closeSync(lock);
  }
}

/** Idempotent. */
export function endResolver(paths: Paths, name: NetworkName): void {
  rmSync(directoryOf(paths, name), { recursive: true, force: true });
  try {
    rmdirSync(allNames(paths));
  } catch {
    // Other networks have names, or there were none.
  }
}

/** Whether a process answers there. */
export const isServed = (paths: Paths, name: NetworkName): boolean => placeOf(directoryOf(paths, name)) !== null;

/** The resolver is nobody, and sees nothing above of it. */
function makeOpenDirectory(directory: string): void {
  try {
    mkdirSync(directory);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  // Whatever the caller's umask.
  chmodSync(directory, 0o755);
}

function writeNames(directory: string, names: string): void {
  const unnamed = join(directory, '.names');
  writeFileSync(unnamed, names);
  chmodSync(unnamed, 0o644);
  renameSync(unnamed, namesIn(directory));
}

/** Which network namespace: its inode, or the caller's own. */
const placeName = (space: Exclude<Space, { type: 'gone' }>): string =>
  space.type === 'own' ? 'own' : String(fstatSync(space.network).ino);

/** Of the one that lives; null: none does. */
function placeOf(directory: string): string | null {
  let fd: number;
  try {
    fd = openSync(lockIn(directory), 'r');
  } catch {
    return null;
  }
  try {
    if (addon().flock(fd, 'shared')) return null;
    const bytes = Buffer.alloc(32);
    return bytes.toString('latin1', 0, readSync(fd, bytes, 0, bytes.length, 0));
  } finally {
    closeSync(fd);
  }
}

async function start(
  directory: string,
  { bridge, subnets }: BridgedNetwork,
  space: Exclude<Space, { type: 'gone' }>,
  lock: number,
): Promise<string | null> {
  const nothing = openSync('/dev/null', 'r+');
  try {
    const said = await new Promise<string>((resolve) => {
      addon().launch(
        {
          helper: nativeArtefact('tsrun-init'),
          helperFd: -1,
          args: [
            'resolve',
            directory,
            bridge,
            space.type === 'own' ? 'here' : 'there',
            ...subnets.map(({ gateway }) => formatIp(gateway)),
          ],
          plan: new Uint8Array(),
          stdio: [nothing, nothing, nothing],
          keep: space.type === 'own' ? [lock] : [lock, space.users, space.network],
          outlives: false,
        },
        (message) => resolve(message.toString('latin1')),
        () => resolve(''),
      );
    });
    return said === 'ready' ? null : refusal(said);
  } finally {
    closeSync(nothing);
  }
}

const inUse = 98;

function refusal(said: string): string {
  const [, call, number] = /^(\S+) (\d+)$/.exec(said) ?? [];
  if (call === undefined) return 'the process that answers ended early';
  if (call === 'bind' && Number(number) === inUse) return 'a program of this machine listens there already';
  return `the kernel says ${errnoName(Number(number))} to ${call}`;
}
