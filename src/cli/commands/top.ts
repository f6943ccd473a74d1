/** `tsrun top CONTAINER [PS-OPTIONS]`. */
import type { Command } from 'commander';
import { findKept } from '../../container/kept/find-kept.ts';
import type { CommandContext } from '../command-table.ts';
import { print } from '../output.ts';
import { containerProcesses, processText } from '../process-rows.ts';
import { psTable } from '../ps-table.ts';

export function define(command: Command, { session }: CommandContext): void {
  command
    .passThroughOptions()
    .argument('<container>', 'its name or id')
    .argument('[options...]', "options of the host's ps: then its columns are shown, with the host's numbers and users")
    .action((word: string, options: readonly string[]) => {
      const processes = containerProcesses(findKept(session.paths(), word));
      if (options.length === 0) print(processText(processes, { quiet: false, format: null }));
      else
        print(
          psTable(
            processes.map(({ entry }) => entry.pid),
            options,
          ),
        );
    });
}
