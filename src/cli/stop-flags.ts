/** How `stop` and `restart` end a container. */
import type { Command } from 'commander';
import type { KeptContainer } from '../container/kept/kept-container.ts';
import type { StopHow } from '../container/kept/stop-kept.ts';
import { badValue } from '../container/request/bad-value.ts';
import { parseSignal } from '../container/request/signal.ts';

export interface StopFlags {
  readonly timeout?: string;
  readonly time?: string;
  readonly signal?: string;
}

export const addStopFlags = (command: Command): Command =>
  command
    .argument('<container...>', 'names or ids')
    .option('-t, --timeout <seconds>', 'how long to wait before SIGKILL; -1: for ever')
    .option('--time <seconds>', 'the same')
    .option('-s, --signal <signal>', 'what to ask with, in place of its stop signal');

/** @throws TsrunError USAGE */
export function stopHow({ kept }: KeptContainer, flags: StopFlags): StopHow {
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
