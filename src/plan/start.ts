/** What stands between a container that is created and one that is started. */
import type { OciConfig, OciProcess } from '../oci/config.ts';
import type { PlanInput } from './build-plan.ts';
import { execSteps } from './exec.ts';
import type { RuntimeHooks, Step, TakeFile } from './plan.ts';
import type { Slots } from './slots.ts';

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
        candidates: execSteps.exec({ ...input, process: input.config.process }).candidates,
      },
      { kind: 'wait-start', slot },
    ],
  };
}

/** Where a terminal's master goes; `file`: a client's console socket, by its place in MonitorRequest.keep. */
export type ConsoleTarget = { readonly to: 'launcher' } | { readonly to: 'socket'; readonly file: number };

/** @param devConsole whether the terminal is /dev/console too */
export function consoleSteps(
  process: OciProcess | undefined,
  target: ConsoleTarget,
  devConsole: boolean,
  slots: Slots,
): WithFiles {
  if (process?.terminal !== true) return { takes: [], steps: [] };
  const console = {
    kind: 'console',
    rows: process.consoleSize?.height ?? 0,
    columns: process.consoleSize?.width ?? 0,
    owner: process.user.uid,
    devConsole,
  } as const;
  if (target.to === 'launcher') return { takes: [], steps: [{ ...console, to: target }] };
  const slot = slots.take();
  return {
    takes: [{ kind: 'take-file', slot, file: target.file }],
    steps: [{ ...console, to: { to: 'socket', slot } }],
  };
}

/** The pause for hooks that run outside, in the runtime's own namespaces. */
export function runtimeHooks(config: OciConfig): readonly RuntimeHooks[] {
  const { prestart = [], createRuntime = [] } = config.hooks ?? {};
  return prestart.length + createRuntime.length === 0 ? [] : [{ kind: 'runtime-hooks' }];
}

/** @param files places in MonitorRequest.keep of what the command finds at 3, 4, ... */
export function preserveSteps(files: readonly number[], slots: Slots): WithFiles {
  if (files.length === 0) return { takes: [], steps: [] };
  const takes = files.map((file) => ({ kind: 'take-file', slot: slots.take(), file }) as const);
  return { takes, steps: [{ kind: 'preserve-files', slots: takes.map(({ slot }) => slot) }] };
}
