/** `start -a` and `-i`: a container started again, at this process's terminal or streams. It lives on without them. */
import type { KeptContainer } from '../container/kept/kept-container.ts';
import { startKept } from '../container/kept/start-kept.ts';
import type { DetachKeys } from '../container/request/detach-keys.ts';
import type { Paths } from '../host/paths.ts';
import { inheritedStdio } from '../process/inherited-stdio.ts';
import { attachHere } from './attach-here.ts';
import { exitCodeOfContainer } from './exit-code.ts';
import { foregroundContext } from './foreground-context.ts';
import { note } from './output.ts';

/** @returns the exit code: the container's, or 0 when the person let go of it */
export async function startHere(
  paths: Paths,
  container: KeptContainer,
  { interactive, detachKeys }: { readonly interactive: boolean; readonly detachKeys: DetachKeys },
): Promise<number> {
  const { terminal, stdin, signalProxy, stopTimeout } = container.kept.request;
  // As docker: what was made without -i has no input to pass on.
  const wantsInput = interactive && stdin === 'inherit';
  // As docker: at a terminal signals are typed, and a closed one is no reason to end.
  const afterLaunch = { proxy: signalProxy && !terminal, stopTimeout, terminal };
  using context = foregroundContext({ paths, quiet: false, onStep: null, afterLaunch });
  const streams = inheritedStdio({ stdin: wantsInput ? 'inherit' : 'null', terminal });
  try {
    const launch = await startKept(
      container,
      { type: 'foreground', leaving: 'leaves-it', stdio: streams.stdio, detachKeys },
      context,
    );
    if (launch === null) {
      context[Symbol.dispose]();
      return await attachHere(paths, container, {
        input: wantsInput ? 'typed' : 'none',
        signals: 'passed-on',
        detachKeys,
      });
    }
    streams.handedOver();
    await launch.closed;
    await streams.close();
    const exit = launch.exit();
    if (exit !== null) return exitCodeOfContainer(exit);
    note(`tsrun: ${container.name} goes on without you; to come back: tsrun attach ${container.name}`);
    return 0;
  } finally {
    await streams.close();
  }
}
