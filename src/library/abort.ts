/** The AbortSignal that a caller may give. */
import { TsrunError } from '../errors/tsrun-error.ts';

/** What everything that takes long can be given. */
export interface Abortable {
  /** Ends the work; what was awaited then rejects with TsrunError ABORTED. */
  readonly signal?: AbortSignal;
}

/** One of its own each time: nobody else's listeners gather on it. */
export const signalOf = ({ signal }: Abortable): AbortSignal => signal ?? new AbortController().signal;

/** @param what was done, as in "waiting for "web"" */
export const aborted = (what: string, signal: AbortSignal): TsrunError =>
  new TsrunError('ABORTED', `${what} was aborted`, { cause: signal.reason });
