/** `tsrun stop CONTAINER...`. */
import type { Command } from 'commander';
import { stopKept } from '../../container/kept/stop-kept.ts';
import type { CommandContext } from '../command-table.ts';
import { eachContainer } from '../each-container.ts';
import { type StopFlags, stopHow } from '../stop-flags.ts';

export function define(command: Command, { session }: CommandContext): void {
  command
    .argument('<container...>', 'names or ids')
    .option('-t, --timeout <seconds>', 'how long to wait before SIGKILL; -1: for ever')
    .option('--time <seconds>', 'the same')
    .option('-s, --signal <signal>', 'what to ask with, in place of its stop signal')
    .action(async (words: readonly string[], flags: StopFlags) => {
      const paths = session.paths();
      await eachContainer(paths, words, async (container, word) => {
        await stopKept(paths, container, stopHow(container, flags));
        return word;
      });
    });
}
