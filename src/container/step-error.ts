/** A failed step in the user's words: what, why, hint. */
import { errnoName } from '../errors/errno.ts';
import { errnoText } from '../errors/errno-text.ts';
import { type ErrorCode, TsrunError } from '../errors/tsrun-error.ts';
import type { StepFailure } from '../native/messages.ts';
import type { Plan, Step } from '../plan/plan.ts';
import { endedEarly } from './ended-early.ts';
import type { Launcher } from './step-hints/advice.ts';
import { adviceFor, launcherOf } from './step-hints.ts';
import { stepWords } from './step-words.ts';

/** The error for a step that failed. */
export function stepError(plan: Plan, failure: StepFailure): TsrunError {
  const step = plan.steps[failure.step];
  if (step === undefined) throw new Error(`the monitor reports step ${failure.step} of ${plan.steps.length}`);
  if (step.kind === 'clone' && failure.operation === 'reach the launcher' && errnoName(failure.errno) === 'ESRCH')
    return endedEarly(plan, { exitCode: 137, signal: 'SIGKILL' });
  const launcher = launcherOf(plan);
  const hint = failure.operation === 'read back' ? readBackHint : (adviceFor(step, failure, launcher)?.hint ?? null);
  return new TsrunError(codeOf(plan, step), `cannot ${stepWords(plan, step)}`, {
    why: reasonOf(step, failure, launcher),
    ...(hint === null ? {} : { hint }),
  });
}

const readBackHint = 'ask for the value that it rounds to, or use --limits=best-effort';

/** The second line alone, for steps that may fail: "the pids limit is not in force: ...". */
export const whyOf = (step: Step, failure: StepFailure): string =>
  reasonOf(step, failure, { rootless: false, userns: false });

function reasonOf(step: Step, failure: StepFailure, launcher: Launcher): string {
  if (failure.operation === 'read back') {
    return step.kind === 'cgroup-write'
      ? `the kernel took ${step.file} but holds another value than ${step.expect}`
      : 'the kernel took another value';
  }
  const hook = hookReason(step, failure);
  if (hook !== null) return hook;
  const detail = itemOf(step, failure);
  const call = detail === null ? failure.operation : `${failure.operation} (${detail})`;
  const means = adviceFor(step, failure, launcher)?.means ?? errnoText(failure.errno);
  return `${call} failed: ${errnoName(failure.errno)} (${means})`;
}

/** A hook that was executed has no errno: what it ended with stands in its place. */
function hookReason(step: Step, { operation, errno, item }: StepFailure): string | null {
  if (step.kind !== 'container-hooks') return null;
  const { path, milliseconds } = step.hooks[item] ?? { path: '', milliseconds: 0 };
  switch (operation) {
    case 'hook status':
      return `${step.name} hook ${item} (${path}) ended with status ${errno}`;
    case 'hook signal':
      return `${step.name} hook ${item} (${path}) was killed by signal ${errno}`;
    case 'hook timeout':
      return `${step.name} hook ${item} (${path}) was not done after ${milliseconds / 1000} s`;
    default:
      return null;
  }
}

/** What a step with a list was at. */
function itemOf(step: Step, failure: StepFailure): string | null {
  if (step.kind === 'mount' && failure.operation === 'fsconfig') return step.parameters[failure.item] ?? null;
  if (step.kind === 'container-hooks') return step.hooks[failure.item]?.path ?? null;
  if (step.kind === 'cgroup-enable') return step.controllers[failure.item] ?? null;
  return null;
}

const limitKinds: ReadonlySet<Step['kind']> = new Set([
  'cgroup-create',
  'cgroup-enable',
  'cgroup-enter',
  'cgroup-scope',
  'cgroup-attach',
  'cgroup-write',
  'cgroup-devices',
]);

function codeOf(plan: Plan, step: Step): ErrorCode {
  if (limitKinds.has(step.kind)) return 'LIMIT_UNAVAILABLE';
  // Docker's client makes 126 of a working directory that cannot be used.
  const cwd = plan.steps.find(({ kind }) => kind === 'working-directory');
  const isCwd = step.kind === 'directory' && cwd?.kind === 'working-directory' && cwd.path === step.path;
  return isCwd ? 'COMMAND_NOT_EXECUTABLE' : 'STEP_FAILED';
}
