/** `tsrun rm CONTAINER...`. */
import type { Command } from 'commander';
import { removeKept } from '../../container/kept/remove-kept.ts';
import { TsrunError } from '../../errors/tsrun-error.ts';
import type { CommandContext } from '../command-table.ts';
import { eachContainer } from '../each-container.ts';

export function define(command: Command, { session }: CommandContext): void {
  command
    .argument('<container...>', 'names or ids')
    .option('-f, --force', 'end those that run; no error for one that does not exist')
    .action(async (words: readonly string[], { force = false }: { readonly force?: boolean }) => {
      const paths = session.paths();
      try {
        await eachContainer(paths, words, async (container, word) => {
          await removeKept(paths, container, force);
          return word;
        });
      } catch (error) {
        if (!(force && error instanceof TsrunError && error.code === 'CONTAINER_NOT_FOUND')) throw error;
      }
    });
}
