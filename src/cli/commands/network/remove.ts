/** `tsrun network rm NAME...`. */
import type { Command } from 'commander';
import { removeContainerNetwork } from '../../../container/networks.ts';
import { sweep } from '../../../container/sweep.ts';
import { TsrunError } from '../../../errors/tsrun-error.ts';
import { findNetwork } from '../../../network/network-store.ts';
import type { CommandContext } from '../../command-table.ts';
import { eachName } from '../../each-name.ts';
import { print } from '../../output.ts';

export function define(command: Command, { session }: CommandContext): void {
  command
    .alias('remove')
    .argument('<network...>', 'names or ids')
    .option('-f, --force', 'no error for one that does not exist')
    .action(async (words: readonly string[], { force = false }: { readonly force?: boolean }) => {
      const paths = session.paths();
      // A container that was killed with its command is on its networks no more.
      await sweep(paths);
      const failure = await eachName(words, async (word) => {
        try {
          await removeContainerNetwork(paths, findNetwork(paths, word));
        } catch (error) {
          const missing = error instanceof TsrunError && error.code === 'NETWORK_NOT_FOUND';
          if (!(force && missing)) throw error;
        }
        print(word);
      });
      if (failure !== null) throw failure;
    });
}
