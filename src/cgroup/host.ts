/** What can be done with cgroup v2 on this machine: two or three small reads, nothing is changed. */
import { accessSync, constants, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import type { CgroupHost } from '../plan/host-facts.ts';
import { parseCgroupMounts } from './cgroup-mounts.ts';

/**
 * The leaf that tsrun's own processes live in, where the group above has to have controllers: a group with processes
 * cannot hand controllers on (cgroup-v2.rst, "No Internal Process Constraint").
 */
export const supervisorLeaf = 'tsrun-supervisor';

/** The files that the probe reads; tests bring their own. */
export interface CgroupFiles {
  /** null: there is none, or it may not be read. */
  read(path: string): string | null;
  writable(path: string): boolean;
}

const files: CgroupFiles = {
  read(path) {
    try {
      return readFileSync(path, 'utf8');
    } catch {
      return null;
    }
  },
  writable(path) {
    try {
      accessSync(path, constants.W_OK);
      return true;
    } catch {
      return false;
    }
  },
};

/**
 * Probes for the launcher as it is now.
 *
 * @param privilege root: may write everywhere in the hierarchy
 */
export function probeCgroupHost(privilege: 'root' | 'rootless', from: CgroupFiles = files): CgroupHost {
  const { v2, v1 } = parseCgroupMounts(from.read('/proc/self/mountinfo') ?? '');
  const elsewhere = Object.fromEntries(Object.entries(v1).map(([name, path]) => [name, `cgroup v1 at ${path}`]));
  const unavailable = (reason: string, hint: string): CgroupHost => ({ type: 'unavailable', reason, hint, elsewhere });
  if (v2 === null) {
    return unavailable(
      'cgroup v2 is not mounted',
      'boot with systemd.unified_cgroup_hierarchy=1, or mount it: tsrun doctor',
    );
  }
  if (v2.readonly) {
    return unavailable(
      `cgroup v2 is mounted read-only at ${v2.path}`,
      'inside another container, start that one with a writable cgroup namespace',
    );
  }
  const own = ownGroup(from.read('/proc/self/cgroup') ?? '', v2);
  if (privilege === 'root') return rootHost(v2.path, elsewhere, from);
  if (own === null || !from.writable(posix.join(own, 'cgroup.procs')) || !from.writable(own)) {
    return unavailable(
      `this user may not make control groups${own === null ? '' : ` in ${own}`}`,
      'log in through systemd, which hands a group over (loginctl), or run as root',
    );
  }
  return rootlessHost(own, elsewhere, from);
}

type Elsewhere = CgroupHost['elsewhere'];

function rootHost(mount: string, elsewhere: Elsewhere, from: CgroupFiles): CgroupHost {
  // Only the real root has no cgroup.type; there processes and controllers go together.
  const nested = from.read(posix.join(mount, 'cgroup.type')) !== null;
  const populated = nested && hasProcesses(mount, from);
  return {
    type: 'available',
    base: posix.join(mount, 'tsrun'),
    delegation: [mount],
    controllers: controllersOf(mount, from),
    monitorLeaf: populated ? posix.join(mount, supervisorLeaf) : null,
    elsewhere,
  };
}

/** The group that was handed over is our own, or, once we moved to the leaf, the one above. */
function rootlessHost(own: string, elsewhere: Elsewhere, from: CgroupFiles): CgroupHost {
  const base = posix.basename(own) === supervisorLeaf ? posix.dirname(own) : own;
  return {
    type: 'available',
    base,
    delegation: [],
    controllers: controllersOf(base, from),
    monitorLeaf: hasProcesses(base, from) ? posix.join(base, supervisorLeaf) : null,
    elsewhere,
  };
}

const controllersOf = (group: string, from: CgroupFiles): readonly string[] =>
  (from.read(posix.join(group, 'cgroup.controllers')) ?? '').split(/\s+/).filter((name) => name !== '');

const hasProcesses = (group: string, from: CgroupFiles): boolean =>
  (from.read(posix.join(group, 'cgroup.procs')) ?? '').trim() !== '';

/** The directory of the launcher's own group, or null when it lies outside what is mounted. */
function ownGroup(procCgroup: string, mount: { readonly path: string; readonly root: string }): string | null {
  const path = /^0::(.*)$/m.exec(procCgroup)?.[1];
  if (path === undefined) return null;
  const relative = posix.relative(mount.root, path);
  return relative === '..' || relative.startsWith('../') ? null : posix.join(mount.path, relative);
}
