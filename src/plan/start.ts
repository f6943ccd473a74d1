/** What stands between a container that is created and one that is started. */
import type { OciConfig } from '../oci/config.ts';
import type { PlanInput } from './build-plan.ts';
import { execSteps } from './exec.ts';
import type { RuntimeHooks, Step, TakeFile } from './plan.ts';
import type { Slots } from './slots.ts';
import { kernelSteps } from './system.ts';

/** Steps of init, and the files of the launcher's that they need. */
interface WithFiles {
  readonly takes: readonly TakeFile[];
  readonly steps: readonly Step[];
}

/** The wait for the start, and before it the look for the command: `create` says that it is missing. */
export function startSteps(input: PlanInput, slots: Slots): WithFiles {
  if (input.start.type === 'at-once') return { takes: [], steps: [] };
  const slot = slots.take();
  return {
    takes: [{ kind: 'take-file', slot, file: input.start.file }],
    steps: [
      {
        kind: 'find-command',
        directory: input.config.process?.cwd ?? '/',
        candidates: execSteps.exec(input).candidates,
      },
      { kind: 'wait-start', slot },
    ],
  };
}

export function consoleSteps(input: PlanInput, slots: Slots): WithFiles {
  if (input.console.to === 'launcher')
    return { takes: [], steps: kernelSteps.console(input.config, { to: 'launcher' }) };
  const slot = slots.take();
  const steps = kernelSteps.console(input.config, { to: 'socket', slot });
  return { takes: steps.length === 0 ? [] : [{ kind: 'take-file', slot, file: input.console.file }], steps };
}

/** The pause for hooks that run outside, in the runtime's own namespaces. */
export function runtimeHooks(config: OciConfig): readonly RuntimeHooks[] {
  const { prestart = [], createRuntime = [] } = config.hooks ?? {};
  return prestart.length + createRuntime.length === 0 ? [] : [{ kind: 'runtime-hooks' }];
}
