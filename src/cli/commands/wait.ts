/** `tsrun wait CONTAINER...`: the exit codes, each when its container has ended. */
import type { Command } from 'commander';
import { waitKept } from '../../container/kept/stop-kept.ts';
import type { CommandContext } from '../command-table.ts';
import { exitCodeOfEnd } from '../container-rows.ts';
import { eachContainer } from '../each-container.ts';

export function define(command: Command, { session }: CommandContext): void {
  command.argument('<container...>', 'names or ids').action(async (words: readonly string[]) => {
    const paths = session.paths();
    await eachContainer(paths, words, async (container) => {
      const end = await waitKept(paths, container);
      return String(end === null ? 0 : exitCodeOfEnd(end));
    });
  });
}
