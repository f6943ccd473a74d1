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
    .action(async (words: readonly string[], flags: { readonly signal: string }) => {
      const signal = parseSignal(flags.signal, '--signal');
      const paths = session.paths();
      await eachContainer(paths, words, (container, word) => {
        signalKept(paths, container, signal);
        return word;
      });
    });
}
