/** `tsrun network prune`. */
import type { Command } from 'commander';
import { removeContainerNetwork } from '../../../container/networks.ts';
import { sweep } from '../../../container/sweep.ts';
import { TsrunError } from '../../../errors/tsrun-error.ts';
import { defaultName } from '../../../network/network-record.ts';
import { listNetworks } from '../../../network/network-store.ts';
import type { CommandContext } from '../../command-table.ts';
import { confirm } from '../../confirm.ts';
import { print } from '../../output.ts';
import { pruneFilter } from '../../prune-filter.ts';
import { addPruneFlags, deletedLines, type PruneFlags } from '../../prune-flags.ts';

export function define(command: Command, { session }: CommandContext): void {
  addPruneFlags(command).action(async ({ force, filter = [] }: PruneFlags) => {
    const paths = session.paths();
    const fits = pruneFilter(filter, Date.now());
    const warning = 'WARNING! This will remove all networks not used by at least one container.';
    if (force !== true && !(await confirm(warning, 'network prune'))) return;
    await sweep(paths);
    const names: string[] = [];
    for (const network of listNetworks(paths)) {
      const { name, created, labels } = network;
      if (name === defaultName || !fits({ created, labels })) continue;
      try {
        await removeContainerNetwork(paths, network);
        names.push(name);
      } catch (error) {
        if (!(error instanceof TsrunError && error.code === 'NETWORK_IN_USE')) throw error;
      }
    }
    print(deletedLines('Deleted Networks', names));
  });
}
