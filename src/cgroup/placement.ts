/** Where a container's control group goes: a directory made by hand, or a scope that systemd makes. Pure. */
import { posix } from 'node:path';
import { TsrunError } from '../errors/tsrun-error.ts';
import type { CgroupHost, SystemdHost } from '../plan/host-facts.ts';
import type { CgroupScope, ScopeProperty } from '../plan/plan.ts';
import { annotationProperties } from './systemd/annotation-properties.ts';
import { sliceDirectory } from './systemd/slice.ts';
import { type UnitName, unitName } from './systemd/unit-name.ts';

export type CgroupPlacement =
  /** No group of its own. */
  | { readonly type: 'none'; readonly reason: string; readonly hint: string }
  | {
      readonly type: 'directory';
      readonly path: string;
      /** Whose controllers have to be handed on, outermost first. */
      readonly above: readonly string[];
      /** Where the monitor has to go first, or null. */
      readonly monitorLeaf: string | null;
    }
  | {
      readonly type: 'scope';
      readonly step: CgroupScope;
      /** The container's group: the scope, or one below it. */
      readonly path: string;
      readonly above: readonly string[];
      /** The monitor that stays in the scope has a group of its own there; null: it leaves, and the scope is the container's. */
      readonly monitorLeaf: string | null;
    };

/** All containers of `tsrun run`: `systemctl status tsrun.slice` shows them, its properties limit them together. */
const ourSlice = 'tsrun.slice';

/** Gone from the list of units when it is over, also when something in it failed. */
const collect: ScopeProperty = { name: 'CollectMode', signature: 's', value: 'inactive-or-failed' };

export interface RunPlace {
  readonly id: string;
  /** `--cgroup-parent`: a slice, or a path below the host's base; null: none was named. */
  readonly parent: string | null;
  /** Whether a limit was asked for, or it is to live on its own: an ordinary user's systemd is asked only then, it takes milliseconds. */
  readonly wanted: boolean;
}

/**
 * The place for `tsrun run`, whose monitor stays. Under systemd a scope of ours: the rest of the tree is systemd's
 * (https://systemd.io/CGROUP_DELEGATION), but for a path that somebody names.
 *
 * @throws TsrunError USAGE when the parent cannot be had
 */
export function placeForRun(host: CgroupHost, { id, parent, wanted }: RunPlace): CgroupPlacement {
  const { systemd } = host;
  if (systemd !== null && (parent === null || parent.endsWith('.slice'))) {
    if (systemd.bus === 'user' && !wanted && parent === null) {
      const reason = 'no limit was asked for, so systemd was not asked for a control group';
      return { type: 'none', reason, hint: 'give one, for example --pids-limit 2048' };
    }
    const name = checked(() => ({ slice: parent ?? ourSlice, unit: `tsrun-${id}.scope` }));
    const description: ScopeProperty = { name: 'Description', signature: 's', value: `tsrun container ${id}` };
    const scope = scopeAt(systemd, name, [description, collect]);
    return {
      type: 'scope',
      step: scope,
      path: posix.join(scope.path, 'container'),
      above: [scope.path],
      monitorLeaf: posix.join(scope.path, 'supervisor'),
    };
  }
  if (host.type === 'unavailable') return { type: 'none', reason: host.reason, hint: host.hint };
  if (systemd?.bus === 'user') {
    throw new TsrunError('USAGE', `cannot put the container below "${parent}"`, {
      why: 'control groups of an ordinary user belong to systemd, which has slices and no paths',
      hint: 'name a slice, like --cgroup-parent ci.slice',
    });
  }
  const path = below(host.base, posix.join(parent ?? '/', id));
  return {
    type: 'directory',
    path,
    above: [...host.delegation, ...parents(host.base, path)],
    monitorLeaf: host.monitorLeaf,
  };
}

export interface OciPlace {
  readonly id: string;
  /** Of the group or unit when the config names none: other for each directory of containers that may hold one of this id. */
  readonly name: string;
  /** `disabled`: stay in the caller's group. */
  readonly manager: 'cgroupfs' | 'systemd' | 'disabled';
  /** '' when the config has none. */
  readonly cgroupsPath: string;
  readonly annotations: Readonly<Record<string, string>>;
}

/**
 * The place for an OCI client, whose monitor ends when the container is created.
 *
 * With cgroupfs an absolute path is below the mount point (config-linux.md), a relative one below tsrun's own directory,
 * `tsrun/NAME` without one. With systemd it is `slice:prefix:name`, and the group is the scope itself.
 *
 * @throws TsrunError USAGE for a path that names no group; HOST_UNSUPPORTED for the systemd manager without systemd
 */
export function placeForOci(host: CgroupHost, place: OciPlace): CgroupPlacement {
  const { name, manager, cgroupsPath } = place;
  if (manager === 'disabled') {
    return { type: 'none', reason: 'the cgroup manager is "disabled"', hint: 'choose another cgroup manager' };
  }
  if (manager === 'systemd') return scopeForOci(host, place);
  if (host.type === 'unavailable') return { type: 'none', reason: host.reason, hint: host.hint };
  const top = cgroupsPath.startsWith('/') ? host.mount : host.base;
  const path = below(top, cgroupsPath === '' ? name : cgroupsPath);
  const isOurs = path.startsWith(`${host.base}/`);
  // What an ordinary user was handed over is all he has.
  if (host.delegation.length === 0 && !isOurs) {
    const reason = `this user may make control groups only in ${host.base}, and linux.cgroupsPath is "${cgroupsPath}"`;
    return { type: 'none', reason, hint: 'leave cgroupsPath out, or use --systemd-cgroup' };
  }
  const above = isOurs ? [...host.delegation, ...parents(host.base, path)] : parents(host.mount, path);
  return { type: 'directory', path, above, monitorLeaf: host.monitorLeaf };
}

function scopeForOci({ systemd }: CgroupHost, { id, name: own, cgroupsPath, annotations }: OciPlace): CgroupPlacement {
  if (systemd === null) {
    throw new TsrunError('HOST_UNSUPPORTED', 'cannot use the systemd cgroup manager', {
      why: 'systemd does not run here as PID 1, or its bus has no socket',
      hint: 'leave --systemd-cgroup out; podman: --cgroup-manager=cgroupfs',
    });
  }
  const name = checked(() => unitName(cgroupsPath, own, systemd.bus));
  const asked = checked(() => annotationProperties(annotations));
  const usual: readonly ScopeProperty[] = [
    { name: 'Description', signature: 's', value: `container ${id}` },
    collect,
    // Or the shutdown would stop it before the client does.
    { name: 'DefaultDependencies', signature: 'b', value: false },
  ];
  const properties = [...usual.filter((each) => !asked.some((other) => other.name === each.name)), ...asked];
  const scope = scopeAt(systemd, name, properties);
  return { type: 'scope', step: scope, path: scope.path, above: [], monitorLeaf: null };
}

function scopeAt(systemd: SystemdHost, { slice, unit }: UnitName, properties: readonly ScopeProperty[]): CgroupScope {
  const path = posix.join(
    systemd.directory,
    checked(() => sliceDirectory(slice)),
    unit,
  );
  return { kind: 'cgroup-scope', path, bus: systemd.bus, unit, slice, properties };
}

/** Below the base whatever the text says: "../../x" ends there too (a sub-cgroup must not escape). */
function below(base: string, cgroupsPath: string): string {
  const relative = posix.resolve('/', cgroupsPath).slice(1);
  if (relative === '') throw new TsrunError('USAGE', `"${cgroupsPath}" does not name a control group`);
  return posix.join(base, relative);
}

/** The base and everything between it and the container's group, outermost first. */
function parents(base: string, path: string): readonly string[] {
  const found: string[] = [];
  for (let at = posix.dirname(path); at.length >= base.length; at = posix.dirname(at)) found.unshift(at);
  return found;
}

/** The pure rules throw RangeError with a sentence: it is about what somebody asked for. */
function checked<Result>(make: () => Result): Result {
  try {
    return make();
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new TsrunError('USAGE', 'cannot place the control group of the container', { why: cause.message, cause });
  }
}
