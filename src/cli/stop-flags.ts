/** How `stop` and `restart` end a container. */
import type { KeptContainer } from '../container/kept/kept-container.ts';
import { badValue } from '../container/request/bad-value.ts';
import { parseSignal } from '../container/request/signal.ts';

export interface StopFlags {
  readonly timeout?: string;
  readonly time?: string;
  readonly signal?: string;
}

/** @throws TsrunError USAGE */
export function stopHow(
  { kept }: KeptContainer,
  flags: StopFlags,
): { readonly signal: number; readonly patience: number } {
  const given = flags.timeout ?? flags.time;
  if (given !== undefined && !/^(-1|\d{1,6})$/.test(given)) {
    throw badValue('--timeout', given, 'it is a number of seconds', 'write for example --timeout 30');
  }
  const seconds = given === undefined ? kept.request.stopTimeout : Number(given);
  return {
    signal: flags.signal === undefined ? kept.stopSignal : parseSignal(flags.signal, '--signal'),
    patience: seconds < 0 ? Number.POSITIVE_INFINITY : seconds * 1000,
  };
}
