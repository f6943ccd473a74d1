/** `tsrun kill CONTAINER...`. */
import type { Command } from 'commander';
import { signalKept } from '../../container/kept/stop-kept.ts';
import { parseSignal } from '../../container/request/signal.ts';
import type { CommandContext } from '../command-table.ts';
import { eachContainer } from '../each-container.ts';

export function define(command: Command, { session }: CommandContext): void {
  command
    .argument('<container...>', 'names or ids')
    .option('-s, --signal <signal>', 'name or number', 'KILL')
    .option('-a, --all', 'send it to every process of the container, not to PID 1 alone')
    .action(async (words: readonly string[], flags: { readonly signal: string; readonly all?: boolean }) => {
      const reach = flags.all === true ? 'all-processes' : 'first-process';
      const signal = parseSignal(flags.signal, '--signal');
      const paths = session.paths();
      await eachContainer(paths, words, (container, word) => {
        signalKept(paths, container, signal, reach);
        return word;
      });
    });
}
