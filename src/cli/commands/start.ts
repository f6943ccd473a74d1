/** `tsrun start CONTAINER...`. */
import type { Command } from 'commander';
import { startKept } from '../../container/kept/start-kept.ts';
import type { CommandContext } from '../command-table.ts';
import { eachContainer } from '../each-container.ts';
import { foregroundContext } from '../foreground-context.ts';

export function define(command: Command, { session }: CommandContext): void {
  command.argument('<container...>', 'names or ids').action(async (words: readonly string[]) => {
    const paths = session.paths();
    using context = foregroundContext({ paths, quiet: false, onStep: null });
    await eachContainer(paths, words, async (container, word) => {
      await startKept(container, context);
      return word;
    });
  });
}
