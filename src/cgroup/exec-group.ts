/** How a process that joins a container gets into its control group. */
import { accessSync, constants, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import type { ExecGroup } from '../plan/build-exec-plan.ts';
import { parseCgroupMounts } from './cgroup-mounts.ts';

/**
 * Straight into it, where this user may; else, into a scope of systemd's, by the user's service manager.
 *
 * @param path absolute directory of the container's group, or one below it; null: the container has none
 */
export function execGroup(path: string | null): ExecGroup {
  if (path === null) return { type: 'none' };
  const scope = scopeAround(path);
  if (scope === null || mayEnter(path)) return { type: 'clone', path };
  return { type: 'attach', step: { kind: 'cgroup-attach', path, bus: 'user', ...scope } };
}

/**
 * The unit that a group belongs to, and where below it the group lies; a container may have scopes of its own inside.
 *
 * @example scopeAround('/sys/fs/cgroup/a.slice/x.scope/container') // { unit: 'x.scope', below: '/container' }
 */
export function scopeAround(path: string): { readonly unit: string; readonly below: string } | null {
  const found = /^.*?\/([^/]+\.scope)((?:\/[^/]+)*)$/.exec(path);
  const [, unit, below] = found ?? [];
  return unit === undefined || below === undefined ? null : { unit, below };
}

/** Moving a process takes write access to cgroup.procs of the nearest group above both places (cgroup-v2.rst, Delegation). */
function mayEnter(path: string): boolean {
  const { v2 } = parseCgroupMounts(readFileSync('/proc/self/mountinfo', 'utf8'));
  const own = /^0::(.*)$/m.exec(readFileSync('/proc/self/cgroup', 'latin1'))?.[1];
  if (v2 === null || own === undefined) return true;
  const above = commonAncestor(path, posix.join(v2.path, posix.relative(v2.root, own)));
  try {
    accessSync(posix.join(above, 'cgroup.procs'), constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

function commonAncestor(one: string, other: string): string {
  const others = other.split('/');
  const shared = one.split('/').findIndex((name, level) => name !== others[level]);
  return shared === -1 ? one : one.split('/').slice(0, shared).join('/');
}
