/** `tsrun run -d`: prints the id when the command runs, and goes. */
import { withCidfile } from '../container/cidfile.ts';
import { createKept } from '../container/kept/create-kept.ts';
import { type StartContext, startMade } from '../container/kept/start-kept.ts';
import type { RunRequest } from '../container/request/run-request.ts';
import type { Paths } from '../host/paths.ts';
import { foregroundContext } from './foreground-context.ts';
import { print } from './output.ts';

export async function runDetached(
  argument: string,
  request: RunRequest,
  how: { readonly paths: Paths; readonly quiet: boolean; readonly onStep: StartContext['onStep'] },
): Promise<number> {
  using context = foregroundContext({ ...how, afterLaunch: 'detaches' });
  const id = await withCidfile(request.cidfile, async (writeId) => {
    const made = await createKept(argument, request, context);
    await startMade(made, context);
    writeId(made.directory.id);
    return made.directory.id;
  });
  print(id);
  return 0;
}
