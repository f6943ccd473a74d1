/** `tsrun run --dry-run`: the plan on standard output, and nothing else happens. */
import { type PlannedContainer, planContainer } from '../container/plan-container.ts';
import type { RunRequest } from '../container/request/run-request.ts';
import { TsrunError } from '../errors/tsrun-error.ts';
import type { Paths } from '../host/paths.ts';
import { planToJson } from '../plan/render/json.ts';
import { planToShell } from '../plan/render/shell-script.ts';
import { ForegroundSignals } from '../process/foreground-signals.ts';
import { note, print } from './output.ts';
import { progressDisplay } from './progress.ts';

/** Reads the image, which is unpacked and stored if it was not: its config says what to run. */
export async function dryRun(
  argument: string,
  request: RunRequest,
  how: { readonly paths: Paths; readonly quiet: boolean; readonly format: 'json' | 'shell' },
): Promise<number> {
  const display = progressDisplay({ quiet: how.quiet });
  const signals = new ForegroundSignals(note);
  try {
    const planned = await planContainer(argument, request, {
      paths: how.paths,
      get stdin() {
        return process.stdin;
      },
      onProgress: display.onProgress,
      signal: signals.signal,
    });
    display.close();
    if (how.format === 'shell') refuseAnchor(planned);
    if (!how.quiet) for (const line of planned.notes) note(`tsrun: ${line}`);
    if (how.format === 'json') print(planToJson(planned.plan));
    else
      print(
        planToShell(planned.plan, {
          ...planned.frame,
          title: `A container from ${argument}`,
          uid: process.geteuid?.() ?? 0,
        }),
      );
    return 0;
  } finally {
    signals[Symbol.dispose]();
    display.close();
  }
}

/** @throws TsrunError NOT_YET */
function refuseAnchor({ plan }: PlannedContainer): void {
  if (!plan.steps.some(({ kind }) => kind === 'anchor')) return;
  throw new TsrunError('NOT_YET', 'cannot show networks of an ordinary user as a shell script yet', {
    why: 'they lie in namespaces that tsrun keeps for his containers, and a script would have to',
    hint: 'look at the steps: --dry-run, or --explain; or use --network pasta',
  });
}
