/** A failed step in the user's words: what, why, hint. */
import { errnoName } from '../errors/errno.ts';
import { errnoText } from '../errors/errno-text.ts';
import { type ErrorCode, TsrunError } from '../errors/tsrun-error.ts';
import type { StepFailure } from '../native/messages.ts';
import type { Plan, Step } from '../plan/plan.ts';
import { describeStep } from '../plan/render/describe.ts';
import { hintFor } from './step-hints.ts';

/** The error for a step that failed; steps about limits get their own code. */
export function stepError(plan: Plan, failure: StepFailure): TsrunError {
  const step = plan.steps[failure.step];
  if (step === undefined) throw new Error(`the monitor reports step ${failure.step} of ${plan.steps.length}`);
  const hint = hintFor(step, failure);
  return new TsrunError(codeOf(step), `cannot ${describeStep(step)}`, {
    why: whyOf(step, failure),
    ...(hint === null ? {} : { hint }),
  });
}

/** The second line alone, for steps that may fail: "the pids limit is not in force: ...". */
export function whyOf(step: Step, failure: StepFailure): string {
  if (failure.operation === 'read back') {
    return step.kind === 'cgroup-write'
      ? `the kernel took ${step.file} but holds another value than ${step.expect}`
      : 'the kernel took another value';
  }
  const detail = itemOf(step, failure);
  const call = detail === null ? failure.operation : `${failure.operation} (${detail})`;
  return `${call} failed: ${errnoName(failure.errno)} (${errnoText(failure.errno)})`;
}

/** What a step with a list was at. */
function itemOf(step: Step, failure: StepFailure): string | null {
  if (step.kind === 'mount' && failure.operation === 'fsconfig') return step.parameters[failure.item] ?? null;
  if (step.kind === 'cgroup-enable') return step.controllers[failure.item] ?? null;
  return null;
}

const limitKinds: ReadonlySet<Step['kind']> = new Set([
  'cgroup-create',
  'cgroup-enable',
  'cgroup-enter',
  'cgroup-write',
  'cgroup-devices',
]);
const codeOf = (step: Step): ErrorCode => (limitKinds.has(step.kind) ? 'LIMIT_UNAVAILABLE' : 'STEP_FAILED');
