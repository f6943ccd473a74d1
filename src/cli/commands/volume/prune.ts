/** `tsrun volume prune`. */
import type { Command } from 'commander';
import { parseBoolean } from '../../../container/request/boolean.ts';
import type { CommandContext } from '../../command-table.ts';
import { confirm } from '../../confirm.ts';
import { print } from '../../output.ts';
import { addPruneFlags, deletedLines, type PruneFlags, pruneUnusedVolumes, reclaimed } from '../../prune-flags.ts';

export function define(command: Command, { session }: CommandContext): void {
  addPruneFlags(command)
    .option('-a, --all', 'named ones too')
    .action(async (flags: PruneFlags & { readonly all?: boolean }) => {
      const paths = session.paths();
      const { all, filter } = splitAll(flags);
      const which = all ? 'all' : 'anonymous local';
      const warning = `WARNING! This will remove ${which} volumes not used by at least one container.`;
      if (flags.force !== true && !(await confirm(warning, 'volume prune'))) return;
      const { names, freed } = await pruneUnusedVolumes(paths, { filter }, all ? 'all' : 'anonymous');
      print(deletedLines('Deleted Volumes', names) + reclaimed(freed));
    });
}

/** docker's `--filter all=1` is `--all`. */
function splitAll({ all = false, filter = [] }: PruneFlags & { readonly all?: boolean }): {
  readonly all: boolean;
  readonly filter: readonly string[];
} {
  const said = filter.filter((text) => text.startsWith('all=')).map((text) => text.slice('all='.length));
  const last = said.at(-1);
  return {
    all: last === undefined ? all : parseBoolean(last, 'all of --filter'),
    filter: filter.filter((text) => !text.startsWith('all=')),
  };
}
