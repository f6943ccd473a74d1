/** `tsrun volume prune`. */
import type { Command } from 'commander';
import { parseBoolean } from '../../../container/request/boolean.ts';
import { sweep } from '../../../container/sweep.ts';
import { measureVolume } from '../../../container/volumes/measure-volume.ts';
import { removeVolume, sweepVolumes } from '../../../container/volumes/remove-volume.ts';
import { isAnonymous } from '../../../container/volumes/volume-record.ts';
import { listVolumes, type Volume } from '../../../container/volumes/volume-store.ts';
import { usedVolumes } from '../../../container/volumes/volume-uses.ts';
import { TsrunError } from '../../../errors/tsrun-error.ts';
import type { Paths } from '../../../host/paths.ts';
import type { CommandContext } from '../../command-table.ts';
import { confirm } from '../../confirm.ts';
import { print } from '../../output.ts';
import { pruneFilter } from '../../prune-filter.ts';
import { addPruneFlags, deletedLines, type PruneFlags, reclaimed } from '../../prune-flags.ts';

export function define(command: Command, { session }: CommandContext): void {
  addPruneFlags(command)
    .option('-a, --all', 'named ones too')
    .action(async (flags: PruneFlags & { readonly all?: boolean }) => {
      const paths = session.paths();
      const { all, filter } = splitAll(flags);
      const fits = pruneFilter(filter, Date.now());
      const which = all ? 'all' : 'anonymous local';
      if (flags.force !== true) {
        await confirm(`WARNING! This will remove ${which} volumes not used by at least one container.`, 'volume prune');
      }
      const { names, freed } = await pruneVolumes(
        paths,
        (volume) =>
          (all || isAnonymous(volume.record)) && fits({ created: volume.record.created, labels: volume.record.labels }),
      );
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

async function pruneVolumes(
  paths: Paths,
  fits: (volume: Volume) => boolean,
): Promise<{ readonly names: readonly string[]; readonly freed: number }> {
  await sweep(paths);
  await sweepVolumes(paths);
  const used = usedVolumes(paths);
  const names: string[] = [];
  let freed = 0;
  for (const volume of listVolumes(paths)) {
    if (used.has(volume.name) || !fits(volume)) continue;
    const bytes = await measureVolume(volume);
    try {
      await removeVolume(paths, volume);
    } catch (error) {
      // Somebody made a container with it meanwhile.
      if (error instanceof TsrunError && error.code === 'VOLUME_IN_USE') continue;
      throw error;
    }
    names.push(volume.name);
    freed += bytes;
  }
  return { names, freed };
}
