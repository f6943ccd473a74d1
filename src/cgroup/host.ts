/** What can be done with cgroup v2 on this machine: a few small reads, nothing is changed and nobody asked. */
import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import type { CgroupHost, CpusetHost, SystemdHost } from '../plan/host-facts.ts';
import { parseCgroupMounts } from './cgroup-mounts.ts';
import { busUid, hasBus } from './systemd/bus.ts';

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
  /** Whether that service manager could be spoken to: sd_booted(3), and a socket of its bus. */
  systemd(bus: SystemdHost['bus']): boolean;
  /** As the host sees it. */
  readonly uid: number;
}

const files: CgroupFiles = {
  read(path) {
    // Most of the controllers' files are missing where there are no controllers, and an exception costs more than a look.
    if (!existsSync(path)) return null;
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
  systemd: (bus) => hasBus(bus, process.env),
  get uid() {
    return busUid();
  },
};

/**
 * Probes for the launcher as it is now.
 *
 * @param privilege root: may write everywhere in the hierarchy that is the initial user namespace's or its own
 */
export function probeCgroupHost(privilege: 'root' | 'rootless', from: CgroupFiles = files): CgroupHost {
  const { v2, v1 } = parseCgroupMounts(from.read('/proc/self/mountinfo') ?? '');
  const elsewhere = Object.fromEntries(Object.entries(v1).map(([name, path]) => [name, `cgroup v1 at ${path}`]));
  // Uid 0 of a user namespace is an ordinary user to the hierarchy: podman starts us so for one.
  const isRoot = privilege === 'root' && v2 !== null && from.writable(v2.path);
  const systemd = v2 === null || v2.readonly ? null : systemdHost(isRoot ? 'system' : 'user', v2.path, from);
  const place = systemd?.directory ?? v2?.path ?? '';
  const facts = { elsewhere, systemd, cpuset: cpusetOf(place, v2?.path ?? '', from) };
  const unavailable = (reason: string, hint: string): CgroupHost => ({ type: 'unavailable', reason, hint, ...facts });
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
  if (isRoot) return { ...rootHost(v2.path, from), ...facts };
  const handedOver = own === null ? null : (delegated(own, v2.path, from) ?? (mayMakeGroups(own, from) ? own : null));
  if (handedOver === null) {
    return unavailable(
      `this user may not make control groups${own === null ? '' : ` in ${own}`}`,
      'log in through systemd, which hands a group over (loginctl), or run as root',
    );
  }
  return { ...rootlessHost(handedOver, v2.path, from), ...facts };
}

type Place = Omit<Extract<CgroupHost, { type: 'available' }>, 'elsewhere' | 'systemd' | 'cpuset'>;

function rootHost(mount: string, from: CgroupFiles): Place {
  // Only the real root has no cgroup.type; there processes and controllers go together.
  const nested = from.read(posix.join(mount, 'cgroup.type')) !== null;
  const populated = nested && hasProcesses(mount, from);
  return {
    type: 'available',
    mount,
    base: posix.join(mount, 'tsrun'),
    delegation: [mount],
    controllers: controllersOf(mount, from),
    monitorLeaf: populated ? posix.join(mount, supervisorLeaf) : null,
  };
}

/** The group that was handed over is our own, or, once we moved to the leaf, the one above. */
function rootlessHost(own: string, mount: string, from: CgroupFiles): Place {
  const base = posix.basename(own) === supervisorLeaf ? posix.dirname(own) : own;
  return {
    type: 'available',
    mount,
    base,
    delegation: [],
    controllers: controllersOf(base, from),
    monitorLeaf: hasProcesses(base, from) ? posix.join(base, supervisorLeaf) : null,
  };
}

/**
 * The nearest group above our own that is this user's and holds no process, so that it can hand controllers on without
 * anybody having to move. Under systemd there may be one as well, and it is the service manager's, not ours.
 */
function delegated(own: string, mount: string, from: CgroupFiles): string | null {
  if (from.systemd('user')) return null;
  for (let at = own; at.length > mount.length; at = posix.dirname(at)) {
    if (!mayMakeGroups(at, from)) return null;
    if (!hasProcesses(at, from)) return at;
  }
  return null;
}

const mayMakeGroups = (group: string, from: CgroupFiles): boolean =>
  from.writable(posix.join(group, 'cgroup.procs')) && from.writable(group);

/** Where systemd keeps the slices of the system, and of this user: systemd.special(7). */
function systemdHost(bus: SystemdHost['bus'], mount: string, from: CgroupFiles): SystemdHost | null {
  if (!from.systemd(bus)) return null;
  const user = `user.slice/user-${from.uid}.slice/user@${from.uid}.service`;
  const directory = bus === 'system' ? mount : posix.join(mount, user);
  // A user manager that runs elsewhere would make scopes elsewhere.
  if (from.read(posix.join(directory, 'cgroup.procs')) === null) return null;
  return { bus, directory, controllers: controllersOf(directory, from) };
}

const controllersOf = (group: string, from: CgroupFiles): readonly string[] =>
  (from.read(posix.join(group, 'cgroup.controllers')) ?? '').split(/\s+/).filter((name) => name !== '');

function cpusetOf(group: string, mount: string, from: CgroupFiles): CpusetHost {
  const read = (name: string): string =>
    (from.read(posix.join(group, name)) ?? from.read(posix.join(mount, name)) ?? '').trim();
  return { cpus: read('cpuset.cpus.effective'), mems: read('cpuset.mems.effective') };
}

const hasProcesses = (group: string, from: CgroupFiles): boolean =>
  (from.read(posix.join(group, 'cgroup.procs')) ?? '').trim() !== '';

/** The directory of the launcher's own group, or null when it lies outside what is mounted. */
function ownGroup(procCgroup: string, mount: { readonly path: string; readonly root: string }): string | null {
  const path = /^0::(.*)$/m.exec(procCgroup)?.[1];
  if (path === undefined) return null;
  const relative = posix.relative(mount.root, path);
  return relative === '..' || relative.startsWith('../') ? null : posix.join(mount.path, relative);
}
