/** Ctrl-C and its relatives while no container runs yet: work in progress is given up in good order. */
import { TsrunError } from '../errors/tsrun-error.ts';

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export interface Interruption extends Disposable {
  /** Aborted by the first of the signals; its reason is a TsrunError ABORTED. */
  readonly signal: AbortSignal;
}

/**
 * A second signal ends the process at once: the handlers are gone by then.
 *
 * @example using interrupted = interruption();
 */
export function interruption(): Interruption {
  const controller = new AbortController();
  const release = (): void => {
    for (const name of signals) process.off(name, abort);
  };
  const abort = (name: NodeJS.Signals): void => {
    release();
    controller.abort(new TsrunError('ABORTED', 'interrupted', { why: `${name} was received` }));
  };
  for (const name of signals) process.on(name, abort);
  return { signal: controller.signal, [Symbol.dispose]: release };
}
