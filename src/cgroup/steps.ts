/** The control group of one container as steps of the plan. */
import { TsrunError } from '../errors/tsrun-error.ts';
import { missingFromList } from '../oci/cpu-list.ts';
import type { OciResources } from '../oci/resources.ts';
import type { CgroupHost, CpusetHost } from '../plan/host-facts.ts';
import type { CgroupScope, Demand, MonitorStep } from '../plan/plan.ts';
import type { CgroupLimit } from './cgroup-limit.ts';
import type { ScopeUnit } from './container-cgroup.ts';
import { deviceProgram } from './device-rules.ts';
import { cgroupLimits, controllerOf, withoutCounterpart } from './limits.ts';
import type { CgroupPlacement } from './placement.ts';
import { standInFor } from './stand-in.ts';
import { limitProperties } from './systemd/limit-properties.ts';

export interface CgroupRequest {
  readonly resources: OciResources;
  readonly host: CgroupHost;
  readonly placement: CgroupPlacement;
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
  /** What has to wait until PID 1 exists; it waits too, until these are done. */
  readonly late: readonly MonitorStep[];
  /** The container's own control group, for CLONE_INTO_CGROUP; null: none can be had. */
  readonly path: string | null;
  /** The unit of systemd's around it, for the container's state; null: none. */
  readonly scope: ScopeUnit | null;
  /** What is not in force and why; a sentence each. */
  readonly notes: readonly string[];
}

/** Whose files tell what a container uses, limits or not: stats of podman and docker read them, as runc and crun have them. */
const figureControllers: readonly string[] = ['cpu', 'cpuset', 'io', 'memory', 'pids'];

/**
 * Steps that make the group and set its limits, before PID 1 exists.
 *
 * @throws TsrunError LIMIT_UNAVAILABLE when a limit that was asked for cannot be had here; USAGE for limits that
 * contradict each other.
 */
export function cgroupSteps(request: CgroupRequest): CgroupPlan {
  const { host, resources, placement } = request;
  const { limits: all, unsupported, ignored } = translate(resources, request.pageSize);
  if (unsupported.length > 0 && request.demand === 'required') throw noCounterpart(unsupported);
  const lost = withoutCounterpart([...unsupported, ...ignored]);
  // A new control group has no limits: "max" is what it says already.
  const limits = all.filter(({ value }) => value !== 'max');
  const demandOf = ({ file, optional }: CgroupLimit): Demand =>
    optional || request.defaulted.includes(file) ? 'best-effort' : request.demand;

  if (placement.type === 'none') {
    const asked = limits.filter((limit) => demandOf(limit) === 'required');
    // Where the controllers are v1's, no delegation would help: that is what to say.
    const isV1 = asked.every(({ file }) => host.elsewhere[controllerOf(file)] !== undefined);
    if (asked.length > 0) {
      throw isV1
        ? missingController(asked, { controllers: [], elsewhere: host.elsewhere, systemd: null })
        : unavailable(asked, placement.reason, placement.hint);
    }
    const notes = [...lost, ...inForceNone(limits, resources, placement.reason)];
    return { steps: [], late: [], path: null, scope: null, notes };
  }

  const controllers = placement.type === 'scope' ? (host.systemd?.controllers ?? []) : controllersOf(host);
  const offer = { controllers, elsewhere: host.elsewhere, systemd: host.systemd };
  const offered = new Set(controllers);
  const missing = limits.filter(({ file }) => !offered.has(controllerOf(file)) && controllerOf(file) !== 'cgroup');
  const asked = missing.filter((limit) => demandOf(limit) === 'required');
  if (asked.length > 0) throw missingController(asked, offer);
  const present = limits.filter((limit) => !missing.includes(limit));
  checkCpuset(present, host.cpuset);
  const { path, above, monitorLeaf } = placement;
  const notes = [...lost, ...missing.filter(({ optional }) => !optional).map((limit) => absentNote(limit, offer))];
  const steps: MonitorStep[] = [];
  if (placement.type === 'scope') steps.push(scopeWithLimits(placement.step, path, present));
  // systemd's scope holds the monitor itself: there it has to go, limits or not.
  if (monitorLeaf !== null && (present.length > 0 || placement.type === 'scope')) {
    steps.push({ kind: 'cgroup-create', path: monitorLeaf, demand: 'required' });
    steps.push({ kind: 'cgroup-enter', path: monitorLeaf, demand: 'required' });
  }
  const isMade = placement.type === 'scope' && placement.step.path === path;
  if (!isMade) steps.push({ kind: 'cgroup-create', path, demand: 'required' });
  const enabled = new Set(['cgroup']);
  for (const demand of ['required', 'best-effort'] as const) {
    const files = present.filter((limit) => demandOf(limit) === demand).map(({ file }) => controllerOf(file));
    const wanted = [...new Set(files)].filter((controller) => !enabled.has(controller));
    if (wanted.length === 0) continue;
    for (const controller of wanted) enabled.add(controller);
    // From the top down: a group can hand on only what it was given.
    for (const parent of above) steps.push({ kind: 'cgroup-enable', path: parent, controllers: wanted, demand });
  }
  const figures = figureControllers.filter((controller) => offered.has(controller) && !enabled.has(controller));
  // Nobody is made to move for them: a group with processes hands nothing on.
  if (figures.length > 0 && (monitorLeaf === null || present.length > 0 || placement.type === 'scope')) {
    for (const parent of above) {
      steps.push({ kind: 'cgroup-enable', path: parent, controllers: figures, demand: 'best-effort' });
    }
  }
  const late: MonitorStep[] = [];
  for (const limit of present) {
    const { file, value, expect } = limit;
    const instead = standInFor(file) ?? '';
    const step = { kind: 'cgroup-write', path, file, value, expect, instead, demand: demandOf(limit) } as const;
    // The monitor lives in the container's group until it leaves: with a limit of 1 it could not clone.
    (isMade && file === 'pids.max' ? late : steps).push(step);
  }
  if (resources.devices !== undefined && resources.devices.length > 0) {
    if (request.deviceRules === 'enforce') {
      const program = checked(() => deviceProgram(resources.devices ?? []));
      steps.push({ kind: 'cgroup-devices', path, program, demand: request.demand });
    } else notes.push(deviceNote);
  }
  const scope = placement.type === 'scope' ? { bus: placement.step.bus, unit: placement.step.unit } : null;
  return { steps, late, path, scope, notes };
}

const controllersOf = (host: CgroupHost): readonly string[] => (host.type === 'available' ? host.controllers : []);

/**
 * A scope that is the container's group has its limits as properties too: systemd would undo what it does not know. Not
 * the number of processes, see above, unless it leaves room for the monitor.
 */
function scopeWithLimits(step: CgroupScope, path: string, limits: readonly CgroupLimit[]): CgroupScope {
  if (step.path !== path) return step;
  const known = limitProperties(limits.filter(({ file, value }) => file !== 'pids.max' || Number(value) > 2));
  return { ...step, properties: [...step.properties, ...known] };
}

/** The kernel says ERANGE or EINVAL, or takes the list and uses other CPUs. */
function checkCpuset(limits: readonly CgroupLimit[], host: CpusetHost): void {
  for (const [file, allowed, what] of [
    ['cpuset.cpus', host.cpus, 'CPUs'],
    ['cpuset.mems', host.mems, 'memory nodes'],
  ] as const) {
    const asked = limits.find((limit) => limit.file === file)?.value ?? '';
    const foreign = checked(() => missingFromList(asked, allowed));
    if (foreign === '') continue;
    throw new TsrunError('LIMIT_UNAVAILABLE', `cannot set "${file}" to "${asked}"`, {
      why: `of these there is no ${foreign}: the ${what} that tsrun may use are ${allowed}`,
      hint: `choose from ${allowed}`,
    });
  }
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

/** config-linux.md#unified: what cannot be converted MUST be an error. */
const noCounterpart = (fields: readonly string[]): TsrunError =>
  new TsrunError('LIMIT_UNAVAILABLE', `cannot set ${fields.join(', ')}`, {
    why: 'cgroup v2 has nothing for it',
    hint: 'leave it out, or run without it: --limits=best-effort',
  });

const listed = (limits: readonly CgroupLimit[]): string =>
  [...new Set(limits.map(({ file }) => file))].map((file) => `"${file}"`).join(', ');

const unavailable = (limits: readonly CgroupLimit[], reason: string, hint: string): TsrunError =>
  new TsrunError('LIMIT_UNAVAILABLE', `cannot set ${listed(limits)}`, { why: reason, hint });

interface Offer {
  readonly controllers: readonly string[];
  readonly elsewhere: CgroupHost['elsewhere'];
  readonly systemd: CgroupHost['systemd'];
}

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
      : host.systemd?.bus === 'user'
        ? 'have it handed over: sudo systemctl edit user@.service, [Service] Delegate=cpu cpuset io memory pids'
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
