/** The control group of one container as steps of the plan. */
import { posix } from 'node:path';
import { TsrunError } from '../errors/tsrun-error.ts';
import type { OciResources } from '../oci/resources.ts';
import type { CgroupHost } from '../plan/host-facts.ts';
import type { Demand, MonitorStep } from '../plan/plan.ts';
import type { CgroupLimit } from './cgroup-limit.ts';
import { deviceProgram } from './device-rules.ts';
import { cgroupLimits, controllerOf } from './limits.ts';

export interface CgroupRequest {
  readonly resources: OciResources;
  /** `linux.cgroupsPath`: below the host's base; a leading slash changes nothing. */
  readonly cgroupsPath: string;
  readonly host: CgroupHost;
  /** `--limits`: what to do when one that was asked for cannot be had. */
  readonly demand: Demand;
  /** Files whose value is our own default and nobody's wish: always best-effort. */
  readonly defaulted: readonly string[];
  /** Device rules need CAP_BPF or CAP_SYS_ADMIN outside every user namespace. */
  readonly deviceRules: 'enforce' | 'impossible';
  /** Bytes. */
  readonly pageSize: number;
}

export interface CgroupPlan {
  readonly steps: readonly MonitorStep[];
  /** The container's own control group, for CLONE_INTO_CGROUP; null: none can be had. */
  readonly path: string | null;
  /** What is not in force and why; a sentence each. */
  readonly notes: readonly string[];
}

/**
 * Steps that make the group and set its limits, before PID 1 exists.
 *
 * @throws TsrunError LIMIT_UNAVAILABLE when a limit that was asked for cannot be had here; USAGE for limits that
 * contradict each other.
 */
export function cgroupSteps(request: CgroupRequest): CgroupPlan {
  const { host, resources } = request;
  const { limits: all, unsupported } = translate(resources, request.pageSize);
  // A new control group has no limits: "max" is what it says already.
  const limits = all.filter(({ value }) => value !== 'max');
  const demandOf = ({ file, optional }: CgroupLimit): Demand =>
    optional || request.defaulted.includes(file) ? 'best-effort' : request.demand;

  if (host.type === 'unavailable') {
    const asked = limits.filter((limit) => demandOf(limit) === 'required');
    // Where the controllers are v1's, no delegation would help: that is what to say.
    const isV1 = asked.every(({ file }) => host.elsewhere[controllerOf(file)] !== undefined);
    if (asked.length > 0) {
      throw isV1
        ? missingController(asked, { controllers: [], elsewhere: host.elsewhere })
        : unavailable(asked, host.reason, host.hint);
    }
    return { steps: [], path: null, notes: [...unsupported, ...inForceNone(limits, resources, host.reason)] };
  }

  const offered = new Set(host.controllers);
  const missing = limits.filter(({ file }) => !offered.has(controllerOf(file)) && controllerOf(file) !== 'cgroup');
  const asked = missing.filter((limit) => demandOf(limit) === 'required');
  if (asked.length > 0) throw missingController(asked, host);
  const present = limits.filter((limit) => !missing.includes(limit));
  const path = below(host.base, request.cgroupsPath);
  const notes = [
    ...unsupported,
    ...missing.filter(({ optional }) => !optional).map((limit) => absentNote(limit, host)),
  ];
  const steps: MonitorStep[] = [];
  if (host.monitorLeaf !== null && present.length > 0) {
    steps.push({ kind: 'cgroup-create', path: host.monitorLeaf, demand: 'required' });
    steps.push({ kind: 'cgroup-enter', path: host.monitorLeaf, demand: 'required' });
  }
  steps.push({ kind: 'cgroup-create', path, demand: 'required' });
  const enabled = new Set(['cgroup']);
  for (const demand of ['required', 'best-effort'] as const) {
    const files = present.filter((limit) => demandOf(limit) === demand).map(({ file }) => controllerOf(file));
    const controllers = [...new Set(files)].filter((controller) => !enabled.has(controller));
    if (controllers.length === 0) continue;
    for (const controller of controllers) enabled.add(controller);
    // From the top down: a group can hand on only what it was given.
    for (const parent of [...host.delegation, ...parents(host.base, path)]) {
      steps.push({ kind: 'cgroup-enable', path: parent, controllers, demand });
    }
  }
  for (const limit of present) {
    const { file, value, expect } = limit;
    steps.push({ kind: 'cgroup-write', path, file, value, expect, demand: demandOf(limit) });
  }
  if (resources.devices !== undefined && resources.devices.length > 0) {
    if (request.deviceRules === 'enforce') {
      const program = checked(() => deviceProgram(resources.devices ?? []));
      steps.push({ kind: 'cgroup-devices', path, program, demand: request.demand });
    } else notes.push(deviceNote);
  }
  return { steps, path, notes };
}

const deviceNote =
  'device rules are not in force: the kernel takes them from root only; a user namespace cannot make device nodes anyway';

const translate = (resources: OciResources, pageSize: number) => checked(() => cgroupLimits(resources, pageSize));

/** The pure rules throw RangeError with a sentence: it is about what somebody asked for. */
function checked<Result>(make: () => Result): Result {
  try {
    return make();
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new TsrunError('USAGE', 'cannot set the limits', { why: cause.message, cause });
  }
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

const listed = (limits: readonly CgroupLimit[]): string =>
  [...new Set(limits.map(({ file }) => file))].map((file) => `"${file}"`).join(', ');

const unavailable = (limits: readonly CgroupLimit[], reason: string, hint: string): TsrunError =>
  new TsrunError('LIMIT_UNAVAILABLE', `cannot set ${listed(limits)}`, { why: reason, hint });

type Offer = Pick<Extract<CgroupHost, { type: 'available' }>, 'controllers' | 'elsewhere'>;

function whereIs(controller: string, host: Offer): string {
  const elsewhere = host.elsewhere[controller];
  if (elsewhere !== undefined)
    return `the ${controller} controller is not in cgroup v2 here: it is mounted as ${elsewhere}`;
  const offered = host.controllers.length === 0 ? 'no controllers' : `only ${host.controllers.join(', ')}`;
  return `the ${controller} controller is not available: cgroup v2 offers ${offered} to tsrun`;
}

function missingController(limits: readonly CgroupLimit[], host: Offer): TsrunError {
  const controllers = [...new Set(limits.map(({ file }) => controllerOf(file)))];
  const v1 = controllers.some((controller) => host.elsewhere[controller] !== undefined);
  return new TsrunError('LIMIT_UNAVAILABLE', `cannot set ${listed(limits)}`, {
    why: controllers.map((controller) => whereIs(controller, host)).join('; '),
    hint: v1
      ? 'boot with systemd.unified_cgroup_hierarchy=1, or run without the limit: --limits=best-effort'
      : 'run without the limit: --limits=best-effort',
  });
}

const absentNote = ({ file, value }: CgroupLimit, host: Offer): string =>
  `${file} ${value} is not in force: ${whereIs(controllerOf(file), host)}`;

function inForceNone(limits: readonly CgroupLimit[], resources: OciResources, reason: string): readonly string[] {
  const names = limits.filter(({ optional }) => !optional);
  const notes =
    names.length === 0
      ? []
      : [`${names.map(({ file, value }) => `${file} ${value}`).join(', ')} not in force: ${reason}`];
  const devices = resources.devices ?? [];
  return devices.length === 0 ? notes : [...notes, `device rules are not in force: ${reason}`];
}
