/** Checks of the place where images will be kept, by trying it. */
import { existsSync, mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Paths } from '../paths.ts';
import { type Check, fail, ok, warn } from './check.ts';
import type { Machine } from './machine.ts';

/** What statfs(2) calls them, linux/magic.h: not able to carry a container's files. */
const unfit: ReadonlyMap<number, string> = new Map([
  [0x6969, 'NFS'],
  [0xff534d42, 'CIFS'],
  [0x01021997, '9p'],
  [0x4d44, 'FAT'],
  [0x794c7630, 'overlay, and no overlay can be mounted on top of another'],
]);
const enoughBytes = 1024 ** 3;
const enoughInodes = 20_000;

const elsewhere = 'choose another place with --store or TSRUN_STORE';

export function checkStore(machine: Machine, paths: Paths): readonly Check[] {
  const place = nearestExisting(paths.store);
  let directory: string;
  try {
    directory = mkdtempSync(join(place, '.tsrun-doctor-'));
  } catch (error) {
    const why = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    return [fail('store', `${paths.store} cannot be written (${why} in ${place})`, elsewhere)];
  }
  try {
    return [checkFilesystem(paths.store, place), checkAttributes(machine, directory)];
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** The store itself need not exist yet. */
function nearestExisting(path: string): string {
  let place = path;
  while (!existsSync(place) && place !== dirname(place)) place = dirname(place);
  return place;
}

function checkFilesystem(store: string, place: string): Check {
  const { type, bavail, bsize, files, ffree } = statfsSync(place);
  const kind = unfit.get(type >>> 0);
  if (kind !== undefined)
    return warn('store', `${store} lies on ${kind}: layers need owners, attributes and devices`, elsewhere);
  const free = bavail * bsize;
  const gibibytes = `${(free / 1024 ** 3).toFixed(1)} GiB free`;
  if (free < enoughBytes) return warn('store', `${store}: only ${gibibytes}`, `make room, or ${elsewhere}`);
  if (files > 0 && ffree < enoughInodes)
    return warn('store', `${store}: only ${ffree} inodes free`, `make room, or ${elsewhere}`);
  return ok('store', `${store}, ${gibibytes}`);
}

/** Overlay keeps its marks in extended attributes; in a user namespace it can use only those of users. */
function checkAttributes(machine: Machine, directory: string): Check {
  const name = 'store attributes';
  const setfattr = machine.program('setfattr');
  if (setfattr === null) return ok(name, 'not tried out: setfattr(1) is missing (package attr)');
  const attribute = machine.uid === 0 ? 'trusted.overlay.opaque' : 'user.overlay.opaque';
  const trial = machine.attempt(setfattr, ['-n', attribute, '-v', 'y', directory]);
  if (trial.exitCode === 0) return ok(name, `${attribute} can be set`);
  return warn(
    name,
    `${attribute} cannot be set in ${dirname(directory)}: directories of lower layers cannot be hidden`,
    `use ext4, xfs or btrfs, or a newer kernel, or ${elsewhere}`,
  );
}
