/** `tsrun why CONTAINER...`. */
import type { Command } from 'commander';
import type { KeptContainer } from '../../container/kept/kept-container.ts';
import { type LogEntry, logFiles } from '../../container/kept/log.ts';
import { exitCodeOfEnd } from '../../container/kept/monitor-files.ts';
import { readLogs } from '../../container/kept/read-logs.ts';
import { badValue } from '../../container/request/bad-value.ts';
import { whyOf } from '../../container/why/why.ts';
import type { Paths } from '../../host/paths.ts';
import type { CommandContext } from '../command-table.ts';
import { eachContainer } from '../each-container.ts';
import { binarySize } from '../human.ts';
import { whyText } from '../why-text.ts';

interface Flags {
  readonly format: string;
  readonly tail: string;
}

export function define(command: Command, { session }: CommandContext): void {
  command
    .argument('<container...>', 'names or ids')
    .option('-n, --tail <number>', 'so many of the last lines that it printed', '5')
    .option('--format <format>', 'text or json', 'text')
    .action(async (words: readonly string[], { format, tail }: Flags) => {
      if (format !== 'text' && format !== 'json')
        throw badValue('--format', format, 'it can be text or json', 'leave it out');
      if (!/^\d{1,6}$/.test(tail))
        throw badValue('--tail', tail, 'it is a number of lines', 'write for example --tail 20');
      const paths = session.paths();
      await eachContainer(paths, words, async (container) => {
        const why = whyOf(container, binarySize, Date.now());
        const log = await lastLines(paths, container, Number(tail));
        return format === 'json' ? JSON.stringify(document(container, why, log)) : whyText(container, why, log);
      });
    });
}

/** One that is started with --rm in the foreground keeps none. */
async function lastLines(paths: Paths, container: KeptContainer, count: number): Promise<readonly LogEntry[]> {
  const lines: LogEntry[] = [];
  if (count === 0 || logFiles(container.path).length === 0) return lines;
  const request = { tail: count, since: null, until: null, follow: false };
  const never = new AbortController().signal;
  for await (const entries of readLogs(paths, container, request, never)) lines.push(...entries);
  return lines;
}

const document = (
  { id, name, state }: KeptContainer,
  { ran, findings }: ReturnType<typeof whyOf>,
  log: readonly LogEntry[],
): object => ({
  id,
  name,
  status: state.status,
  exitCode: state.status === 'exited' || state.status === 'restarting' ? exitCodeOfEnd(state.end) : null,
  seconds: ran,
  findings,
  log: log.map(({ time, stream, text }) => ({ time, stream, text: text.toString('utf8') })),
});
