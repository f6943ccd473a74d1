/** `tsrun rm CONTAINER...`. */
import type { Command } from 'commander';
import type { KeptContainer } from '../../container/kept/kept-container.ts';
import { removeKept } from '../../container/kept/remove-kept.ts';
import type { CommandContext } from '../command-table.ts';
import { eachContainer } from '../each-container.ts';

interface Flags {
  readonly force?: boolean;
  readonly volumes?: boolean;
}

export function define(command: Command, { session }: CommandContext): void {
  command
    .argument('<container...>', 'names or ids')
    .option('-f, --force', 'end those that run; no error for one that does not exist')
    .option('-v, --volumes', 'their anonymous volumes too')
    .action(async (words: readonly string[], { force = false, volumes = false }: Flags) => {
      const paths = session.paths();
      const remove = async (container: KeptContainer, word: string): Promise<string> => {
        await removeKept(paths, container, {
          running: force ? 'end' : 'refuse',
          extent: volumes ? 'anonymous-volumes-too' : 'container',
        });
        return word;
      };
      await eachContainer(paths, words, remove, force ? 'is fine' : 'is an error');
    });
}
