/**
 * OCI config, root filesystem and host facts in; the ordered list of kernel steps out. Pure.
 *
 * Each step's place has a reason, and several other orders fail:
 *
 * - everything with the launcher's rights (control groups, host trees) before the clone;
 * - store paths are opened before init becomes root of its user namespace: mapped to a subordinate id it could not
 *   traverse a 0700 store;
 * - / becomes recursively *slave* first: private would cut off rslave and rshared volumes;
 * - the private procfs is taken before any byte of the image;
 * - the bounding set is dropped while the process is still privileged, capset follows setuid (before it, a dropped
 *   CAP_SETUID would make setuid fail);
 * - hooks outside run when everything is mounted and before the root changes (runtime-spec, lifecycle);
 * - a created container waits when all that may fail without its command has been done, and before it becomes the user:
 *   hooks of the start are root's;
 * - limits come after the last file that init opens and the last process that it makes. Raising one needs the launcher's
 *   rights, which is why the monitor makes room right after the clone;
 * - the working directory is entered as the user, so that a directory it may not enter is an error here;
 * - seccomp comes last when no_new_privs is on, so that the filter need not allow what setup does; without it, installing
 *   a filter needs CAP_SYS_ADMIN, so it comes before the user changes.
 */
import type { OciConfig } from '../oci/config.ts';
import { deviceSteps } from './devices.ts';
import { execSteps } from './exec.ts';
import { containerHooks, type HookState } from './hooks.ts';
import type { HostFacts, JoinedUserNamespace, UserNamespace } from './host-facts.ts';
import { type CompiledFilter, credentialSteps, type UserSource } from './identity.ts';
import { mountSteps } from './mounts.ts';
import { hasNamespace, joinSteps, makesNamespace, namespacesOf } from './namespaces.ts';
import { parentSteps } from './parent.ts';
import type { Chroot, Demand, MonitorStep, PivotRoot, Plan, Step } from './plan.ts';
import { type Rootfs, rootfsSteps, rootPropagation } from './rootfs.ts';
import { executionSteps, labelSteps, schedulingSteps } from './scheduling.ts';
import { Slots } from './slots.ts';
import { type ConsoleTarget, consoleSteps, preserveSteps, runtimeHooks, startSteps } from './start.ts';
import { kernelSteps, maskSteps } from './system.ts';

/** Everything a plan is made of. */
export interface PlanInput {
  readonly config: OciConfig;
  readonly rootfs: Rootfs;
  readonly host: HostFacts;
  readonly userns: UserNamespace | JoinedUserNamespace;
  /** Made by cgroup/steps; the path is where PID 1 is cloned into. */
  readonly cgroup: {
    readonly steps: readonly MonitorStep[];
    readonly late: readonly MonitorStep[];
    readonly path: string | null;
  };
  /** No device rules will guard the nodes of the image: the root is mounted so that none of them can be opened. */
  readonly nodev: boolean;
  /** The compiled filter, or null for none. */
  readonly seccomp: CompiledFilter | null;
  /** Where the user's ids come from. */
  readonly user: UserSource;
  readonly pid1: 'command' | 'reaper';
  /** Whether rlimits and the OOM score that the host refuses end the run. */
  readonly demand: Demand;
  /** `chroot` leaves pivot_root out, to show what it buys. */
  readonly rootChange: 'pivot-root' | 'chroot';
  /** `on-go`: waits for whoever starts it, on a listening socket; see the step `wait-start`. */
  readonly start: { readonly type: 'at-once' } | { readonly type: 'on-go'; readonly file: number };
  readonly console: ConsoleTarget;
  /** `inherited` leaves the container in its caller's session keyring. */
  readonly keyring: 'new' | 'inherited';
  /** What the command inherits behind standard error: places in MonitorRequest.keep. */
  readonly preserved: readonly number[];
  /**
   * What hooks inside read on standard input: the state as JSON, with {@link unknownPid} as its pid. By the status that it
   * has while they run.
   */
  readonly hookState: HookState;
}

/**
 * The plan for one container.
 *
 * @throws TsrunError when the config asks for what a plan cannot express; the message names the field.
 */
export function buildPlan(input: PlanInput): Plan {
  const { config, userns } = input;
  const slots = new Slots();
  const mounts = mountSteps(input, slots);
  const propagation = rootPropagation(config);
  const rootfs = rootfsSteps(input.rootfs, slots, input.nodev);
  const preserved = preserveSteps(input.preserved, slots);
  const console = consoleSteps(config.process, input.console, true, slots);
  const start = startSteps(input, slots);
  const setGroups = allowsSetGroups(input);
  const credentials = credentialSteps({ ...input, process: config.process, setGroups }, slots);
  const steps: Step[] = [
    ...input.cgroup.steps,
    ...mounts.openTrees,
    ...preserved.takes,
    ...console.takes,
    ...start.takes,
    ...joinSteps(config),
    ...credentials.takes,
    { kind: 'clone', namespaces: namespacesOf(config, userns), cgroup: input.cgroup.path },
    ...input.cgroup.late,
    ...parentSteps(input),
    ...preserved.steps,
    ...rootfs.opens,
    ...(userns.type === 'host' ? [] : [{ kind: 'become-root', dropGroups: setGroups } as const]),
    ...timeSteps(config),
    ...propagation.host,
    ...kernelSteps.procHandle(config, userns),
    ...rootfs.mounts,
    ...propagation.early,
    ...mounts.steps,
    ...deviceSteps(input),
    ...kernelSteps.network(config),
    ...execSteps.workingDirectoryExists(config),
    ...credentials.lookup,
    ...runtimeHooks(config),
    ...containerHooks(config, 'createContainer', input.hookState),
    rootChange(input),
    ...kernelSteps.names(config),
    ...kernelSteps.sysctls(config),
    ...maskSteps(config),
    ...propagation.late,
    { kind: 'session', keyring: input.keyring },
    ...console.steps,
    ...start.steps,
    ...containerHooks(config, 'startContainer', input.hookState),
    ...schedulingSteps(config.process),
    ...executionSteps(config),
    ...labelSteps(config.process),
    ...credentials.steps,
    execSteps.exec({ ...input, process: config.process }),
  ];
  return { version: 1, steps };
}

/** pivot_root(2) moves every process of the mount namespace that has the old root: in the host's all of them. */
function rootChange({ config, rootChange: asked }: PlanInput): PivotRoot | Chroot {
  if (!hasNamespace(config, 'mount')) return { kind: 'chroot', oldRoot: 'host' };
  return asked === 'chroot' ? { kind: 'chroot', oldRoot: 'read-only' } : { kind: 'pivot-root' };
}

/** With a single mapped id the kernel denies setgroups(2) for good, in namespaces below too (user_namespaces(7)). */
export function allowsSetGroups({ userns, host }: Pick<PlanInput, 'userns' | 'host'>): boolean {
  if (userns.type === 'joined') return userns.setGroups;
  return host.allowsSetGroups && (userns.type === 'host' || userns.writer !== 'single');
}

function timeSteps(config: OciConfig): Step[] {
  const offsets = config.linux?.timeOffsets;
  if (offsets === undefined && !makesNamespace(config, 'time')) return [];
  return [
    {
      kind: 'time-namespace',
      monotonicSeconds: BigInt(offsets?.monotonic?.secs ?? 0),
      monotonicNanoseconds: offsets?.monotonic?.nanosecs ?? 0,
      boottimeSeconds: BigInt(offsets?.boottime?.secs ?? 0),
      boottimeNanoseconds: offsets?.boottime?.nanosecs ?? 0,
    },
  ];
}
