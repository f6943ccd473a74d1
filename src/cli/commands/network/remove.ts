/** `tsrun network rm NAME...`. */
import type { Command } from 'commander';
import { removeContainerNetwork } from '../../../container/networks.ts';
import { sweep } from '../../../container/sweep.ts';
import { findNetwork } from '../../../network/network-store.ts';
import type { CommandContext } from '../../command-table.ts';
import { removeEach } from '../../remove-each.ts';

export function define(command: Command, { session }: CommandContext): void {
  command
    .alias('remove')
    .argument('<network...>', 'names or ids')
    .option('-f, --force', 'no error for one that does not exist')
    .action(async (words: readonly string[], { force = false }: { readonly force?: boolean }) => {
      const paths = session.paths();
      // A container that was killed with its command is on its networks no more.
      await sweep(paths);
      await removeEach(
        words,
        force ? 'NETWORK_NOT_FOUND' : null,
        async (word) => await removeContainerNetwork(paths, findNetwork(paths, word)),
      );
    });
}
