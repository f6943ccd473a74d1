/** What a verb that starts a container in the background needs of this process. */
import type { StartContext } from '../container/kept/start-kept.ts';
import type { Paths } from '../host/paths.ts';
import { ForegroundSignals } from '../process/foreground-signals.ts';
import { note } from './output.ts';
import { progressDisplay } from './progress.ts';

/** What signals do once the container is launched: it gets them, or they are none of its business. */
type AfterLaunch = Parameters<ForegroundSignals['launched']>[1] | 'detaches';

/** Ctrl-C gives the start up; progress and notices go to standard error. */
export function foregroundContext(how: {
  readonly paths: Paths;
  readonly quiet: boolean;
  /** null: nobody follows the steps. */
  readonly onStep: StartContext['onStep'];
  readonly afterLaunch: AfterLaunch;
}): StartContext & Disposable {
  const display = progressDisplay({ quiet: how.quiet });
  const notice = (line: string): void => {
    display.close();
    if (!how.quiet) note(`tsrun: ${line}`);
  };
  const signals = new ForegroundSignals(notice);
  return {
    paths: how.paths,
    // A getter: making the stream starts to read, and only the argument - wants that.
    get stdin() {
      return process.stdin;
    },
    onProgress: display.onProgress,
    signal: signals.signal,
    notice,
    onLaunch: (controls) => {
      if (how.afterLaunch !== 'detaches') signals.launched(controls, how.afterLaunch);
    },
    onStep: how.onStep,
    [Symbol.dispose]: () => {
      signals[Symbol.dispose]();
      display.close();
    },
  };
}
