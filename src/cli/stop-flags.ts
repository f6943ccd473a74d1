/** How `stop` and `restart` end a container. */
import type { Command } from 'commander';
import type { KeptContainer } from '../container/kept/kept-container.ts';
import type { StopHow } from '../container/kept/stop-kept.ts';
import { badValue } from '../container/request/bad-value.ts';
import { parseSignal } from '../container/request/signal.ts';

export interface StopFlags {
  readonly timeout?: number;
  readonly time?: number;
  readonly signal?: string;
}

export const addStopFlags = (command: Command): Command =>
  command
    .argument('<container...>', 'names or ids')
    .option('-t, --timeout <seconds>', 'how long to wait before SIGKILL; -1: for ever', parseSeconds)
    .option('--time <seconds>', 'the same', parseSeconds)
    .option('-s, --signal <signal>', 'what to ask with, in place of its stop signal');

/** @throws TsrunError USAGE */
export function stopHow({ kept }: KeptContainer, flags: StopFlags): StopHow {
  const seconds = flags.timeout ?? flags.time ?? kept.request.stopTimeout;
  return {
    signal: flags.signal === undefined ? kept.stopSignal : parseSignal(flags.signal, '--signal'),
    patience: seconds < 0 ? Number.POSITIVE_INFINITY : seconds * 1000,
  };
}

function parseSeconds(text: string): number {
  if (/^(-1|\d{1,6})$/.test(text)) return Number(text);
  throw badValue('--timeout', text, 'it is a number of seconds', 'write for example --timeout 30');
}
