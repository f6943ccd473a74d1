/** `tsrun network disconnect NETWORK CONTAINER`. */
import type { Command } from 'commander';
import { changeNetworks } from '../../../container/kept/connect-kept.ts';
import { findKept } from '../../../container/kept/find-kept.ts';
import { findNetwork } from '../../../network/network-store.ts';
import type { CommandContext } from '../../command-table.ts';
import { note } from '../../output.ts';

export function define(command: Command, { session }: CommandContext): void {
  command
    .argument('<network>', 'name or id')
    .argument('<container>', 'name or id')
    .action(async (network: string, word: string) => {
      const paths = session.paths();
      const { name } = findNetwork(paths, network);
      const container = findKept(paths, word);
      await changeNetworks(paths, container, { type: 'disconnect', network: name }, (line) => note(`tsrun: ${line}`));
    });
}
