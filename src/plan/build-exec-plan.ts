/**
 * A process description in; the steps that run it in a container that is there already out. Pure.
 *
 * The order is that of build-plan.ts without what makes a container: the process joins the namespaces, becomes root of a
 * joined user namespace, gets its session and terminal, and goes on as any container's command.
 */
import type { OciProcess } from '../oci/config.ts';
import { execSteps } from './exec.ts';
import { type CompiledFilter, credentialSteps, type UserSource } from './identity.ts';
import { processSteps } from './parent.ts';
import type { CgroupAttach, Demand, NamespaceKind, Plan, Step } from './plan.ts';
import { affinitySteps, labelSteps, schedulingSteps } from './scheduling.ts';
import { Slots } from './slots.ts';
import { type ConsoleTarget, consoleSteps, preserveSteps } from './start.ts';

/** The control group of the process. */
export type ExecGroup =
  /** The launcher's. */
  | { readonly type: 'none' }
  /** `path`: an absolute directory on the host, which the launcher may clone a process into. */
  | { readonly type: 'clone'; readonly path: string }
  | { readonly type: 'attach'; readonly step: CgroupAttach };

export interface ExecPlanInput {
  readonly process: OciProcess;
  readonly join: {
    /** Those in which PID 1 differs from the launcher; the user namespace must not be named when it does not. */
    readonly namespaces: readonly NamespaceKind[];
    /** A pidfd of PID 1: its place in MonitorRequest.keep. */
    readonly file: number;
    /** Whether setgroups(2) is allowed in the container's user namespace: /proc/PID/setgroups. */
    readonly setGroups: boolean;
  };
  readonly cgroup: ExecGroup;
  readonly seccomp: CompiledFilter | null;
  readonly user: UserSource;
  /** Whether rlimits and the OOM score that the host refuses end it. */
  readonly demand: Demand;
  readonly keyring: 'new' | 'inherited';
  readonly console: ConsoleTarget;
  /** What the command inherits behind standard error: places in MonitorRequest.keep. */
  readonly preserved: readonly number[];
}

/**
 * The plan for one more process in a container.
 *
 * @throws TsrunError when the description asks for what a plan cannot express; the message names the field.
 */
export function buildExecPlan(input: ExecPlanInput): Plan {
  const { process, join } = input;
  const slots = new Slots();
  const preserved = preserveSteps(input.preserved, slots);
  const console = consoleSteps(process, input.console, false, slots);
  const credentials = credentialSteps({ ...input, process, setGroups: join.setGroups }, slots);
  // By the container's own /proc, which belongs to its pid namespace.
  const labels = labelSteps(process);
  const steps: Step[] = [
    ...preserved.takes,
    ...console.takes,
    ...credentials.takes,
    { kind: 'join', namespaces: join.namespaces, from: { type: 'process', file: join.file } },
    { kind: 'clone', namespaces: [], cgroup: input.cgroup.type === 'clone' ? input.cgroup.path : null },
    ...(input.cgroup.type === 'attach' ? [input.cgroup.step] : []),
    ...processSteps(process, input.demand),
    ...preserved.steps,
    ...(join.namespaces.includes('user') ? [{ kind: 'become-root', dropGroups: join.setGroups } as const] : []),
    ...credentials.lookup,
    { kind: 'session', keyring: input.keyring },
    ...console.steps,
    ...schedulingSteps(process),
    ...affinitySteps(process),
    ...(labels.length === 0 ? [] : [{ kind: 'proc-handle', instance: 'host' } as const]),
    ...labels,
    ...credentials.steps,
    execSteps.exec({ process, pid1: 'command' }),
  ];
  return { version: 1, steps };
}
