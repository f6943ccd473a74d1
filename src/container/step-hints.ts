/** What an errno means at a step: tables by kind of step, the first row that fits. */
import { errnoName } from '../errors/errno.ts';
import type { StepFailure } from '../native/messages.ts';
import type { Plan, Step } from '../plan/plan.ts';
import type { Advice, AdviceTable, Launcher } from './step-hints/advice.ts';
import { controlGroupAdvice } from './step-hints/control-groups.ts';
import { fileAdvice } from './step-hints/files.ts';
import { mountAdvice } from './step-hints/mounts.ts';
import { processAdvice } from './step-hints/process.ts';
import { rootFilesystemAdvice } from './step-hints/root-filesystem.ts';
import { schedulingAdvice } from './step-hints/scheduling.ts';

/** By kind of step; the tests go through all of it. */
export const adviceTables: AdviceTable = {
  ...controlGroupAdvice,
  ...processAdvice,
  ...rootFilesystemAdvice,
  ...schedulingAdvice,
  ...mountAdvice,
  ...fileAdvice,
};

/** Who launched a plan, from the plan itself. */
export function launcherOf(plan: Plan): Launcher {
  const map = plan.steps.find((step) => step.kind === 'id-map');
  // What `exec` starts joins that of the container.
  const joins = plan.steps.some((step) => step.kind === 'join' && step.namespaces.includes('user'));
  return { rootless: map !== undefined && map.writer !== 'direct', userns: map !== undefined || joins };
}

/** The row for a failure, or null. */
export function adviceFor(step: Step, failure: StepFailure, launcher: Launcher): Advice<never> | null {
  const name = errnoName(failure.errno);
  // A table's rows take the very steps that it is listed under.
  const rows = (adviceTables[step.kind] ?? []) as readonly Advice<never>[];
  const fits = ({ errno, calls, when }: Advice<never>): boolean =>
    [errno].flat().some((each) => each === name) &&
    (calls === undefined || calls.includes(failure.operation)) &&
    (when === undefined || when(step as never, launcher));
  return rows.find(fits) ?? null;
}
