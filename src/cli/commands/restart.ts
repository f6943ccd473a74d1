/** `tsrun restart CONTAINER...`. */
import type { Command } from 'commander';
import { findKept } from '../../container/kept/kept-container.ts';
import { startKept } from '../../container/kept/start-kept.ts';
import { stopKept } from '../../container/kept/stop-kept.ts';
import type { CommandContext } from '../command-table.ts';
import { eachContainer } from '../each-container.ts';
import { foregroundContext } from '../foreground-context.ts';
import { type StopFlags, stopHow } from '../stop-flags.ts';

export function define(command: Command, { session }: CommandContext): void {
  command
    .argument('<container...>', 'names or ids')
    .option('-t, --timeout <seconds>', 'how long to wait before SIGKILL; -1: for ever')
    .option('--time <seconds>', 'the same')
    .option('-s, --signal <signal>', 'what to ask with, in place of its stop signal')
    .action(async (words: readonly string[], flags: StopFlags) => {
      const paths = session.paths();
      using context = foregroundContext({ paths, quiet: false, onStep: null });
      await eachContainer(paths, words, async (container, word) => {
        await stopKept(paths, container, stopHow(container, flags));
        await startKept(findKept(paths, container.id), context);
        return word;
      });
    });
}
