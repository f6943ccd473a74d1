/** Checks of tsrun itself: Node, the native parts, the store's place. */
import { accessSync, constants, existsSync, mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { TsrunError } from '../../errors/tsrun-error.ts';
import { nativeArtefact } from '../helper.ts';
import { seccompVersion } from '../native-versions.ts';
import type { Paths } from '../paths.ts';
import { type Check, fail, ok, warn } from './check.ts';
import type { Machine } from './machine.ts';

export function checkNode({ node }: Machine): Check {
  const [major = 0, minor = 0] = node.split('.').map(Number);
  const enough = major > 20 || (major === 20 && minor >= 19);
  return enough
    ? ok('node', `Node ${node}`)
    : fail('node', `Node ${node} is older than 20.19`, 'install Node 20.19 or newer');
}

export function checkNative(): Check {
  const name = 'native parts';
  try {
    nativeArtefact('tsrun-init');
    nativeArtefact('tsrun.node');
  } catch (error) {
    if (!(error instanceof TsrunError)) throw error;
    return fail(name, error.message, error.hint);
  }
  const version = seccompVersion();
  return version === null
    ? fail(name, 'build/Release/tsrun.node does not load into this Node', 'npm run build:native')
    : ok(name, `built, with libseccomp ${version}`);
}

/** What statfs(2) calls them, linux/magic.h: not able to carry a container's files. */
const unfit: ReadonlyMap<number, string> = new Map([
  [0x6969, 'NFS'],
  [0xff534d42, 'CIFS'],
  [0x01021997, '9p'],
  [0x4d44, 'FAT'],
  [0x794c7630, 'overlay (no overlay on top of one)'],
]);
const enoughBytes = 1024 ** 3;

export function checkStore(paths: Paths): Check {
  const name = 'store';
  let place = paths.store;
  while (!existsSync(place) && place !== dirname(place)) place = dirname(place);
  try {
    accessSync(place, constants.W_OK);
  } catch {
    return fail(
      name,
      `${paths.store} cannot be written: no right to write ${place}`,
      'choose another place with --store or TSRUN_STORE',
    );
  }
  const { type, bavail, bsize, files, ffree } = statfsSync(place);
  const kind = unfit.get(type >>> 0);
  if (kind !== undefined) {
    return warn(
      name,
      `${paths.store} would lie on ${kind}, which cannot hold layers with owners and attributes`,
      'choose another place with --store or TSRUN_STORE',
    );
  }
  const free = bavail * bsize;
  const gibibytes = `${(free / 1024 ** 3).toFixed(1)} GiB free`;
  if (free < enoughBytes)
    return warn(name, `${paths.store}: only ${gibibytes}`, 'make room, or choose another place with --store');
  if (files > 0 && ffree < 20_000)
    return warn(name, `${paths.store}: only ${ffree} inodes free`, 'make room, or choose another place with --store');
  return ok(name, `${paths.store}, ${gibibytes}`);
}

/** Extended attributes on the store's filesystem, by setting one: overlay keeps its marks in them. */
export function checkStoreAttributes(machine: Machine, paths: Paths): Check {
  const name = 'store attributes';
  const setfattr = machine.program('setfattr');
  let place = paths.store;
  while (!existsSync(place) && place !== dirname(place)) place = dirname(place);
  if (setfattr === null) return ok(name, 'not tried out: setfattr(1) is missing (package attr)');
  let directory: string;
  try {
    directory = mkdtempSync(join(place, '.tsrun-doctor-'));
  } catch {
    return warn(name, `${place} cannot be written`, 'choose another place with --store or TSRUN_STORE');
  }
  try {
    const attribute = machine.uid === 0 ? 'trusted.overlay.opaque' : 'user.overlay.opaque';
    const trial = machine.attempt(setfattr, ['-n', attribute, '-v', 'y', directory]);
    if (trial.exitCode === 0) return ok(name, `${attribute} can be set`);
    return warn(
      name,
      `${attribute} cannot be set on ${place}: directories cannot be made opaque`,
      'use ext4, xfs or btrfs for the store, or a newer kernel',
    );
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
