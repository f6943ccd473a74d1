/** `tsrun system df|prune`. */
import type { Command } from 'commander';
import type { CommandContext } from '../command-table.ts';
import { confirm } from '../confirm.ts';
import { diskUsageText } from '../disk-usage-text.ts';
import { print } from '../output.ts';
import {
  addPruneFlags,
  deletedLines,
  imageLines,
  type PruneFlags,
  pruneContainers,
  pruneStoredImages,
  reclaimed,
} from '../prune-flags.ts';
import { subcommand } from '../subcommand.ts';

interface SystemPruneFlags extends PruneFlags {
  readonly all?: boolean;
}

interface DiskUsageFlags {
  readonly verbose?: boolean;
  readonly format?: string;
}

export function define(command: Command, { session }: CommandContext): void {
  subcommand(command, 'df', 'show what images and containers take up')
    .option('-v, --verbose', 'each of them')
    .option('--format <format>', "json, or a template such as '{{.Type}}: {{.Size}}'")
    .action(async (flags: DiskUsageFlags) => print(await diskUsageText(session.paths(), flags, Date.now())));
  addPruneFlags(subcommand(command, 'prune', 'remove what is not used'))
    .option('-a, --all', 'images with a name too, unless a container is made from them')
    .action(async (flags: SystemPruneFlags) => {
      const paths = session.paths();
      const all = flags.all === true;
      if (flags.force !== true) await confirm(warning(all), 'system prune');
      // Containers first: then nothing is made from their images any more.
      const { ids, freed } = await pruneContainers(paths, flags);
      const images = await pruneStoredImages(paths, flags, all ? 'unused' : 'dangling');
      print(
        deletedLines('Deleted Containers', ids) +
          deletedLines('Deleted Images', imageLines(images)) +
          reclaimed(freed + images.freed),
      );
    });
}

const warning = (all: boolean): string =>
  [
    'WARNING! This will remove:',
    '  - all stopped containers',
    `  - ${all ? 'all images without at least one container associated to them' : 'all dangling images'}`,
    '',
  ].join('\n');
