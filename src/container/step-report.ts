/** What is said of a step that failed. Loaded when one does: most containers start, and these are many words. */
import type { StepFailure } from '../native/messages.ts';
import type { Plan } from '../plan/plan.ts';
import { execError } from './exec-error.ts';
import { stepError, whyOf } from './step-error.ts';
import { stepWords } from './step-words.ts';

/**
 * The error of a step that ended the start.
 *
 * @param root descriptor of the container's root, which init keeps standing meanwhile; -1: none came
 */
export function explainFailure(plan: Plan, failure: StepFailure, root: number): Error {
  const step = plan.steps[failure.step];
  if (root >= 0 && (step?.kind === 'exec' || step?.kind === 'working-directory' || step?.kind === 'find-command')) {
    return execError(plan, step, failure, root);
  }
  return stepError(plan, failure);
}

/** One line for a step that was allowed to fail. */
export function noteOf(plan: Plan, failure: StepFailure): string {
  const step = plan.steps[failure.step];
  if (step === undefined) return `step ${failure.step} was skipped`;
  const why = whyOf(step, failure);
  if (step.kind === 'cgroup-write') return `${step.file} = ${step.value} is not in force: ${why}`;
  return `cannot ${stepWords(plan, step)}, which is left out: ${why}`;
}
