/** The caller's wish to stop, as an error of the user's world. */
import { TsrunError } from '../errors/tsrun-error.ts';

export const aborted = (signal: AbortSignal): TsrunError =>
  new TsrunError('ABORTED', 'reading the image was stopped', { cause: signal.reason });

/** @throws TsrunError ABORTED */
export function throwIfAborted(signal: AbortSignal): void {
  if (signal.aborted) throw aborted(signal);
}
