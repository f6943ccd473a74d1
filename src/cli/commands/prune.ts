/** `tsrun prune`: docker's `container prune`. */
import type { Command } from 'commander';
import type { CommandContext } from '../command-table.ts';
import { confirm } from '../confirm.ts';
import { print } from '../output.ts';
import { addPruneFlags, deletedLines, type PruneFlags, pruneContainers, reclaimed } from '../prune-flags.ts';

export function define(command: Command, { session }: CommandContext): void {
  addPruneFlags(command).action(async (flags: PruneFlags) => {
    const paths = session.paths();
    const warning = 'WARNING! This will remove all stopped containers.';
    if (flags.force !== true && !(await confirm(warning, 'prune'))) return;
    const { ids, freed } = await pruneContainers(paths, flags);
    print(deletedLines('Deleted Containers', ids) + reclaimed(freed));
  });
}
