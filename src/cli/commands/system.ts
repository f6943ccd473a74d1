/** `tsrun system df|prune`. */
import type { Command } from 'commander';
import type { CommandContext } from '../command-table.ts';
import { confirm } from '../confirm.ts';
import { diskUsage } from '../disk-usage.ts';
import { diskUsageDetails } from '../disk-usage-details.ts';
import { diskUsageText } from '../disk-usage-text.ts';
import { print } from '../output.ts';
import {
  addPruneFlags,
  deletedLines,
  imageLines,
  type PruneFlags,
  pruneContainers,
  pruneStoredImages,
  pruneUnusedVolumes,
  reclaimed,
} from '../prune-flags.ts';
import { subcommand } from '../subcommand.ts';

interface SystemPruneFlags extends PruneFlags {
  readonly all?: boolean;
  readonly volumes?: boolean;
}

interface DiskUsageFlags {
  readonly verbose?: boolean;
  readonly format?: string;
}

export function define(command: Command, { session }: CommandContext): void {
  subcommand(command, 'df', 'show what images, containers and volumes take up')
    .option('-v, --verbose', 'each of them')
    .option('--format <format>', "json, or a template such as '{{.Type}}: {{.Size}}'")
    .action(async ({ verbose, format }: DiskUsageFlags) => {
      const usage = await diskUsage(session.paths());
      print(verbose === true ? diskUsageDetails(usage, format, Date.now()) : diskUsageText(usage, format));
    });
  addPruneFlags(subcommand(command, 'prune', 'remove what is not used'))
    .option('-a, --all', 'images with a name too, unless a container is made from them')
    .option('--volumes', 'anonymous volumes too')
    .action(async (flags: SystemPruneFlags) => {
      const paths = session.paths();
      const all = flags.all === true;
      const withVolumes = flags.volumes === true;
      if (flags.force !== true && !(await confirm(warning({ all, withVolumes }), 'system prune'))) return;
      // Containers first: then nothing has their volumes and is made from their images any more.
      const { ids, freed } = await pruneContainers(paths, flags);
      const volumes = withVolumes ? await pruneUnusedVolumes(paths, flags, 'anonymous') : { names: [], freed: 0 };
      const images = await pruneStoredImages(paths, flags, all ? 'unused' : 'dangling');
      print(
        deletedLines('Deleted Containers', ids) +
          deletedLines('Deleted Volumes', volumes.names) +
          deletedLines('Deleted Images', imageLines(images)) +
          reclaimed(freed + volumes.freed + images.freed),
      );
    });
}

const warning = ({ all, withVolumes }: { readonly all: boolean; readonly withVolumes: boolean }): string =>
  [
    'WARNING! This will remove:',
    '  - all stopped containers',
    ...(withVolumes ? ['  - all anonymous volumes not used by at least one container'] : []),
    `  - ${all ? 'all images without at least one container associated to them' : 'all dangling images'}`,
    '',
  ].join('\n');
