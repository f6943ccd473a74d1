/** The errors for a container that was gone before its command started, and whose monitor did not say at which step. */
import { TsrunError } from '../errors/tsrun-error.ts';
import type { Plan } from '../plan/plan.ts';
import type { ContainerExit } from './exit.ts';

/** `exit` is null when its monitor did not live to tell. */
export function endedEarly(plan: Plan, exit: ContainerExit | null): TsrunError {
  if (exit === null) {
    return new TsrunError('MONITOR_LOST', 'lost the monitor of the container', {
      why: 'the process that watches it was killed, and took the container along',
    });
  }
  const why = exit.signal === null ? `status ${exit.exitCode}` : `it was killed by ${exit.signal}`;
  const what = 'the container ended before its command could start';
  const limit = exit.signal === 'SIGKILL' ? memoryLimit(plan) : null;
  // Nobody else is likely to have killed it so early; the group with its memory.events is gone by now.
  return limit === null
    ? new TsrunError('STEP_FAILED', what, { why })
    : new TsrunError('STEP_FAILED', what, {
        why: `${why}, by the kernel if it was out of memory: its limit is ${limit} bytes`,
        hint: 'give it a higher memory limit',
      });
}

/** In bytes; null: none. */
const memoryLimit = (plan: Plan): string | null =>
  plan.steps
    .flatMap((step) => (step.kind === 'cgroup-write' && step.file === 'memory.max' ? [step.value] : []))
    .filter((value) => value !== 'max')
    .at(-1) ?? null;
