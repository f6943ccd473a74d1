/** What is said of a step that failed. Loaded when one does: most containers start, and these are many words. */
import type { StepFailure } from '../native/messages.ts';
import type { Plan } from '../plan/plan.ts';
import { execError } from './exec-error.ts';
import { pastaError, pastaWords } from './pasta.ts';
import { stepError, whyOf } from './step-error.ts';
import { stepWords } from './step-words.ts';

/**
 * The error of a step that ended the start.
 *
 * @param root descriptor of the container's root, which init keeps standing meanwhile, or of what a program said; -1: none came
 */
export function explainFailure(plan: Plan, failure: StepFailure, root: number): Error {
  const step = plan.steps[failure.step];
  if (step?.kind === 'pasta' && failure.operation === 'program status') return pastaError(failure.errno, root);
  if (root >= 0 && (step?.kind === 'exec' || step?.kind === 'working-directory' || step?.kind === 'find-command')) {
    return execError(plan, step, failure, root);
  }
  return stepError(plan, failure);
}

/** One line for a step that was allowed to fail. */
export function noteOf(plan: Plan, failure: StepFailure, said: number): string {
  const step = plan.steps[failure.step];
  if (step === undefined) return `step ${failure.step} was skipped`;
  if (step.kind === 'pasta' && failure.operation === 'program status') {
    return `the container has no network, as with --network none: pasta: ${pastaWords(failure.errno, said)}`;
  }
  const why = whyOf(step, failure);
  if (step.kind === 'cgroup-write') return `${step.file} = ${step.value} is not in force: ${why}`;
  return `cannot ${stepWords(plan, step)}, which is left out: ${why}`;
}
