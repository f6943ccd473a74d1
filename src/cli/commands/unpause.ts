/** `tsrun unpause CONTAINER...`. */
import type { Command } from 'commander';
import { unpauseKept } from '../../container/kept/pause-kept.ts';
import type { CommandContext } from '../command-table.ts';
import { eachContainer } from '../each-container.ts';

export function define(command: Command, { session }: CommandContext): void {
  command.argument('<container...>', 'names or ids').action((words: readonly string[]) => {
    const paths = session.paths();
    return eachContainer(paths, words, async (container, word) => {
      await unpauseKept(paths, container);
      return word;
    });
  });
}
