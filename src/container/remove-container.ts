/** Removes what a container that has ended left behind: control group, files, name. */
import { closeSync, existsSync, readdirSync, rmdirSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { removeCgroup } from '../cgroup/remove.ts';
import type { Paths } from '../host/paths.ts';
import { removeTree } from '../image/layer/remove-tree.ts';
import type { UserNamespace } from '../plan/host-facts.ts';
import { containersDirectory, readRecord, releaseName, takeDead } from './container-directory.ts';

/** The caller holds the container's lock. Idempotent. */
export async function removeContainer(paths: Paths, id: string): Promise<void> {
  const path = join(containersDirectory(paths), id);
  const record = readRecord(path);
  if (record?.cgroup) await removeGroup(record.cgroup);
  await removeFiles(path, record?.userns ?? { type: 'host' });
  // Last: as long as the name is taken, its holder can be found and removed.
  if (record !== null) releaseName(paths, record.name, id);
}

/** The group, and the one all containers share when this was the last. */
async function removeGroup(path: string): Promise<void> {
  await removeCgroup(path);
  const shared = dirname(path);
  if (basename(shared) !== 'tsrun') return;
  try {
    rmdirSync(shared);
  } catch {
    // Others are in it.
  }
}

/**
 * Most containers leave an empty upper directory and go without the workbench. Files of subordinate ids, names that are
 * not UTF-8 and overlay's own mode-000 directory need it.
 */
async function removeFiles(path: string, userns: UserNamespace): Promise<void> {
  try {
    rmdirSync(join(path, 'work', 'work'));
  } catch {
    // Not there, or not empty: whatever is the matter, what follows deals with it.
  }
  try {
    if (userns.type === 'host' || readdirSync(join(path, 'upper')).length === 0) {
      rmSync(path, { recursive: true, force: true });
    }
  } catch {
    // The workbench can.
  }
  if (existsSync(path)) await removeTree(path, userns);
}

/** @returns whether the container is gone now; false: it lives. */
export async function sweepContainer(paths: Paths, id: string): Promise<boolean> {
  const dead = takeDead(paths, id);
  if (dead === null) return false;
  try {
    await removeContainer(paths, id);
  } finally {
    closeSync(dead.fd);
  }
  return true;
}
