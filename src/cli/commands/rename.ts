/** `tsrun rename CONTAINER NAME`. */
import type { Command } from 'commander';
import { findKept } from '../../container/kept/find-kept.ts';
import { renameKept } from '../../container/kept/rename-kept.ts';
import { parseContainerName } from '../../container/request/names.ts';
import type { CommandContext } from '../command-table.ts';

export function define(command: Command, { session }: CommandContext): void {
  command
    .argument('<container>', 'its name or id')
    .argument('<name>', 'the new one')
    .action(async (word: string, given: string) => {
      const paths = session.paths();
      await renameKept(paths, findKept(paths, word), parseContainerName(given, '<name>'));
    });
}
