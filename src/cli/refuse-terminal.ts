/** An archive on a terminal is noise to a person and may be commands to the terminal. */
import { isatty } from 'node:tty';
import { TsrunError } from '../errors/tsrun-error.ts';

/** @throws TsrunError USAGE */
export function refuseTerminal(what: string, hint: string): void {
  if (!isatty(1)) return;
  throw new TsrunError('USAGE', `cannot ${what}`, { why: 'standard output is a terminal', hint });
}
